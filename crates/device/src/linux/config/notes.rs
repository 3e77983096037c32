//! What each key is for, as `check-config` prints it.

use ::settings::Note;

/// Says what each key is for.
pub const NOTES: &[Note] = &[
    ("server.address", "Host name or address and port of the server; otherwise the domain's, the code's, or the one built in."),
    ("server.domain", "A domain whose DNS says host and port (_roundsman._tcp SRV); the certificate must be for this domain."),
    ("server.name", "The name that the server's certificate must have; the host of the address, or the domain, unless set."),
    ("server.trust", "Who vouches for the server: enrolled, system, a PEM file, or sha256:… (the pin of its key)."),
    ("server.resolvers", "Whom to ask for the domain; the system's resolvers if empty."),
    ("proxy.url", "The proxy: http://HOST:PORT or socks5://HOST:PORT."),
    ("proxy.user", "The user name for the proxy."),
    ("proxy.password", "The password for the proxy, or { file = \"…\" } or { env = \"…\" }."),
    ("enrolment.code", "A one-time code for this printer, or { file = \"…\" } or { env = \"…\" }."),
    ("enrolment.token", "A token of the service provider that lets in every printer of an image."),
    ("enrolment.name", "What the printer is to be called."),
    ("facts.source", "Where the facts come from: snmp (the printer's own agent), file, or socket."),
    ("facts.address", "Of snmp: the agent's address."),
    ("facts.port", "Of snmp: its UDP port."),
    ("facts.community", "Of snmp: its community; public unless set."),
    ("facts.path", "Of file and socket: the file, or the Unix socket, that firmware fills."),
    ("facts.within", "What is not there by then is left out."),
    ("facts.stale", "Of file: after so long without a new one the server is told."),
    ("report.at", "The earliest time of day of the report."),
    ("report.spread", "Each module has its own place within so long from then on."),
    ("report.every", "Instead of once a day, this often."),
    ("report.time_zone", "The time zone as an IANA name; the system's unless set."),
    ("report.catch_up", "Whether a missed report goes as soon as it can, instead of at the next planned time."),
    ("privacy.withhold", "Groups of fields that are not sent."),
    ("privacy.send", "Groups that are sent although they are not by default: console."),
    ("commands.mode", "What the server may ask for: normal (the closed list), approve (each is allowed here) or locked (nothing)."),
    ("store.folder", "Where the module keeps its state; the folder of --folder unless set."),
    ("store.run", "Where its status goes, in memory and not on flash; /run/roundsman-device unless set."),
    ("log.level", "How much is logged: error, info or debug."),
];
