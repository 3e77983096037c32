//! What each key of `server.toml` is for, as `check-config` prints it.

use settings::Note;

/// Explains every key.
pub const NOTES: &[Note] = &[
    ("data", "The folder of everything that has no place of its own below."),
    ("listen", "Where senders and people are answered, always with TLS. Add a table for each port more, such as 2000 or 2105."),
    ("listen.address", "Address and port; * is every address of this host."),
    ("listen.allow", "Who may connect, as addresses and networks; empty for everybody."),
    ("tls.name", "The name and port under which senders reach this server; it goes into enrolment codes."),
    ("tls.more_names", "More names and addresses for the certificate that the server makes itself."),
    ("tls.certificate", "The certificate in PEM, and behind it those that lead to its authority. Without it the server makes its own."),
    ("tls.key", "The key of the certificate in PEM."),
    (
        "tls.authority",
        "The authority of the certificate in PEM, for senders that are to trust it and nobody else.\nWithout it they trust whom their operating system trusts.",
    ),
    ("tls.client_certificates", "Whether senders show a certificate of their own: off, optional or required."),
    ("tls.client_authority", "The authority of the senders' certificates in PEM."),
    ("store.url", "Where the data are kept: sqlite:PATH or postgres://USER@HOST/DATABASE. Without it, roundsman.db in the data folder."),
    (
        "store.password_file",
        "A file whose first line is the database's password; ROUNDSMAN_DATABASE_PASSWORD in the environment goes before it.",
    ),
    ("limits.connections", "Connections at once."),
    ("limits.connections_per_address", "Connections at once from one address."),
    ("limits.report", "The largest report as it travels."),
    ("limits.report_unpacked", "The largest report unpacked."),
    ("limits.reports_under_way", "Reports that are read or wait for the disk at once; more are asked to come later."),
    ("limits.unpacked_under_way", "The octets that reports under way may have unpacked at once."),
    ("limits.failed_logins", "Failed logins and enrolments from one address in a row, before it has to wait."),
    ("retention.reports", "How long reports are kept as they were received."),
    ("retention.history", "How long the history of meters, supplies and states is kept."),
    ("retention.expectations", "How long the ledger of expected reports is kept."),
    ("retention.commands", "How long commands are kept that have ended."),
    ("metrics.allow", "Who may read /metrics, as addresses and networks; to others the page does not exist. Empty for nobody."),
    ("log.format", "text or json."),
    ("log.level", "error, warn, info, debug or trace, or a filter such as info,server=debug."),
];
