//! Vendor files on the command line: looked at, checked, tried, and loaded over the built-in ones.

mod common;

use std::fs;

use common::{Folder, Ran, roundsman, roundsman_with, run};

const SOUND: &str = r#"[profile]
inherits = "printer-mib"
source = "recorded Acme"

[[maker]]
name = "Acme"
source = "recorded Acme"
words = ["Acme"]
branches = [{ oid = "1.3.6.1.4.1.99999", kind = "printer" }]

[group.acme]
source = "recorded Acme"
oid = "1.3.6.1.4.1.99999.1"
instance = "scalar"
sections = ["identity", "meters"]
moves = "always"
objects = [
  { at = 1, name = "acmeSerialNumber", syntax = "text", identity = "serial-number", grade = "A" },
  { at = 2, name = "acmePrints", syntax = "counter", meter = "print", grade = "A" },
  { at = 3, name = "acmeCopies", syntax = "counter", meter = "copy", grade = "A" },
  { at = 4, name = "acmeScans", syntax = "counter", meter = "scan", grade = "B" },
]
"#;

const RECORDING: &str = "1.3.6.1.2.1.1.1.0|4|Acme Pro\n1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99999.7\n1.3.6.1.2.1.25.3.5.1.1.1|2|3\n\
    1.3.6.1.2.1.43.10.2.1.4.1.1|65|300\n1.3.6.1.4.1.99999.1.1.0|4|ACM-00471\n1.3.6.1.4.1.99999.1.2.0|65|200\n1.3.6.1.4.1.99999.1.3.0|65|100\n";

/// Is a folder with a recording, and profiles in a folder of their own.
fn desk(files: &[(&str, &str)]) -> (Folder, String, String) {
    let folder = Folder::new();
    let profiles = folder.join("profiles");
    fs::create_dir_all(&profiles).expect("a folder can be made");
    files.iter().for_each(|(name, text)| fs::write(profiles.join(name), text).expect("a file can be written"));
    let recording = folder.write("acme.snmprec", RECORDING);
    (folder, profiles.display().to_string(), recording)
}

fn check(file: &str, more: &[&str]) -> Ran {
    run(roundsman().args(["profile", "check", file]).args(more))
}

#[test]
fn the_list_tells_whose_profiles_there_are_and_where_they_come_from() {
    let ours = roundsman_with("profile list").expect(0).out;
    let line = |text: &str, name: &str| text.lines().find(|line| line.split_whitespace().next() == Some(name)).map(str::to_owned);
    assert!(ours.starts_with("NAME") && ours.lines().nth(1).is_some_and(|line| line.starts_with("printer-mib")), "{ours}");
    let kyocera = line(&ours, "kyocera").expect("it is listed");
    assert!(kyocera.contains("UTAX") && kyocera.contains("built in"), "{kyocera}");
    assert!(!ours.lines().any(|line| line.starts_with("makers ")), "makers are no profile");

    let (_folder, profiles, _) = desk(&[("acme.toml", SOUND)]);
    let with_acme = roundsman_with(&format!("profile list --profiles {profiles}")).expect(0).out;
    let acme = line(&with_acme, "acme").expect("it is listed");
    let columns: Vec<&str> = acme.split_whitespace().collect();
    assert_eq!(columns[..5], ["acme", "Acme", "4", "3", "0"]);
    assert!(acme.contains("profiles/acme.toml"), "{acme}");
}

#[test]
fn a_profile_is_shown_with_what_each_rule_rests_on() {
    let shown = roundsman_with("profile show kyocera").expect(0).out;
    for said in [
        "kyocera: printers of Kyocera, UTAX, Triumph-Adler and Copystar",
        "inherits  printer-mib",
        "kySerialNumber  1.3.6.1.4.1.1347.43.5.1.1.28.1  text  [vendors/kyocera.toml:",
        "tells the serial number; grade A",
        "why: two public maps call it toner or status",
        "counts the meter total in impressions; grade A",
        "print.color = print.single-color + print.full-color  is made of its parts",
        "total = simplex + duplex  must hold",
        "conflict: a device that is set so counts each twice",
        "alerts that say \"Sleeping\" and \"Sleep\" are none; the device sleeps then",
        "C6…: fuser (marker, subunitRecoverableFailure, fieldService)",
        "from vendors/printer-mib.toml: ",
    ] {
        assert!(shown.contains(said), "{said:?} is missing:\n{shown}");
    }
    assert!(!shown.contains("prtMarkerSuppliesLevel  "), "what is inherited is not repeated");
    let standard = roundsman_with("profile show printer-mib").expect(0).out;
    assert!(
        standard.contains("every printer: the standards")
            && standard.contains("prtMarkerSuppliesLevel  1.3.6.1.2.1.43.11.1.1.9.DEVICE.ROW")
    );
    roundsman_with("profile show kyocrea").expect(2).says(&["unknown profile \"kyocrea\"; did you mean \"kyocera\"?", "profile list"]);
}

#[test]
fn every_built_in_profile_can_be_shown() {
    let list = roundsman_with("profile list").expect(0).out;
    let names: Vec<&str> = list.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 30, "{names:?}");
    for name in names {
        let shown = roundsman_with(&format!("profile show {name}")).expect(0).out;
        assert!(shown.starts_with(&format!("{name}: ")) && shown.contains("How it is asked"), "{shown}");
    }
}

#[test]
fn a_sound_file_is_summed_up_and_a_faulty_one_told_line_by_line() {
    let folder = Folder::new();
    let sound = folder.write("acme.toml", SOUND);
    let told = check(&sound, &[]).expect(0).out;
    assert_eq!(told, format!("{sound}: sound; 4 objects, 1 identity fact, 3 meters\n"));

    let faulty =
        folder.write("faulty.toml", &SOUND.replace("serial-number\"", "serial-numbr\"").replace("meter = \"scan\"", "metre = \"scan\""));
    let told = check(&faulty, &[&sound]).expect(1).out;
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines.contains(&format!("{faulty}:18: unknown identity \"serial-numbr\"; did you mean \"serial-number\"?").as_str()), "{told}");
    assert!(
        lines.contains(&format!("{faulty}:21: unknown key \"metre\" in object \"acmeScans\"; did you mean \"meter\"?").as_str()),
        "{told}"
    );

    check("nowhere.toml", &[]).expect(1);
    let makers = folder.write("makers.toml", "[[maker]]\nname = \"Acme\"\n");
    let told = check(&makers, &[]).expect(1).out;
    assert!(told.contains(&format!("{makers}:1: [[maker]] has neither source nor why")), "{told}");
}

#[test]
fn a_file_is_tried_on_a_recording() {
    let (folder, _, recording) = desk(&[]);
    let sound = folder.write("acme.toml", SOUND);
    let told = check(&sound, &["--recording", &recording]).expect(0).out;
    let columns = |name: &str| {
        let line = told.lines().find(|line| line.trim_start().starts_with(name)).unwrap_or_else(|| panic!("{name} is missing:\n{told}"));
        line.split("  ").map(str::trim).filter(|field| !field.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(told.contains("such a device is read by this profile"), "{told}");
    assert_eq!(columns("acmeSerialNumber.0"), ["acmeSerialNumber.0", "\"ACM-00471\"", "serial number"]);
    assert_eq!(columns("acmePrints.0"), ["acmePrints.0", "200", "meter print: 200, verified"]);
    assert_eq!(columns("total = print + copy"), ["total = print + copy", "300 = 200 + 100", "holds"]);
    let (_, silent) = told.split_once("Did not answer").expect("one object is silent");
    assert!(silent.trim_start().starts_with("acmeScans"), "{told}");

    let other = folder.write("other.snmprec", &RECORDING.replace("|65|300", "|65|299"));
    let told = check(&sound, &["--recording", &other]).expect(1).out;
    assert!(told.contains("does not hold: the parts come to 300"), "{told}");

    // A serial number of three letters is believed of nobody.
    let short = folder.write("short.snmprec", &RECORDING.replace("ACM-00471", "A-1"));
    let told = check(&sound, &["--recording", &short]).expect(0).out;
    assert!(told.contains("\"A-1\"") && told.contains("nothing, although it tells the serial number; grade A"), "{told}");

    // A file that such a device would not be read by says so, and is tried all the same.
    let unmet = folder.write("unmet.toml", &SOUND.replace("words = [\"Acme\"]\n", "").replace("99999\", kind", "99998\", kind"));
    let told = check(&unmet, &["--recording", &recording]).expect(0).out;
    assert!(told.contains("such a device is read by \"any\" and not by this profile") && told.contains("meter copy: 100"), "{told}");
    check(&sound, &["--recording", "nowhere.snmprec"]).expect(1).says(&["cannot read nowhere.snmprec"]);
}

#[test]
fn a_folder_of_profiles_is_loaded_over_the_built_in_ones() {
    let (_folder, profiles, recording) = desk(&[("acme.toml", SOUND)]);
    let replayed =
        |command: &mut std::process::Command| run(command.args(["replay", "--format", "ndjson", &recording])).expect(0).records().remove(0);
    let without = replayed(&mut roundsman());
    assert!(without["identity"]["serial_number"].is_null() && without["identity"]["manufacturer"].is_null(), "{without:#}");
    let by_variable = replayed(roundsman().env("ROUNDSMAN_PROFILES", &profiles));
    assert_eq!(by_variable["identity"]["serial_number"], "ACM-00471");
    let by_option =
        run(roundsman().args(["replay", "--format", "ndjson", &recording, "--profiles", &profiles])).expect(0).records().remove(0);
    assert_eq!(by_option, by_variable);
    assert_eq!(by_option["identity"]["manufacturer"], "Acme");
}

#[test]
fn nothing_begins_with_a_faulty_profile() {
    let (folder, profiles, recording) =
        desk(&[("acme.toml", &SOUND.replace("moves = \"always\"", "moves = \"allways\"")), ("other.toml", "[profile]\n")]);
    let data = folder.join("data").display().to_string();
    for arguments in [
        "scan 127.0.0.1".to_owned(),
        "probe 127.0.0.1".to_owned(),
        format!("replay {recording}"),
        "profile list".to_owned(),
        format!("up --data {data}"),
    ] {
        let refused = roundsman_with(&format!("{arguments} --profiles {profiles}")).expect(2);
        assert_eq!(refused.out, "", "{arguments}");
        refused.says(&[
            "acme.toml:16: unknown moves \"allways\"; did you mean \"always\"?",
            "other.toml:1: [profile] has neither source nor why",
        ]);
    }
    assert!(!folder.join("data").exists(), "nothing was begun");
    roundsman_with("profile list --profiles /nowhere").expect(2).says(&["/nowhere: the folder of profiles cannot be read"]);
    let written = folder.write("agent.toml", &format!("[reading]\nprofiles = \"{profiles}\"\n"));
    let refused = roundsman_with(&format!("agent --folder {data} --config {written} check-config")).expect(2);
    refused.says(&["acme.toml:16: unknown moves"]);
}

#[test]
fn the_agents_configuration_tells_the_folder_of_profiles() {
    let (folder, profiles, _) = desk(&[("acme.toml", SOUND)]);
    let written = folder.write("agent.toml", &format!("[reading]\nprofiles = \"{profiles}\"\n"));
    let data = folder.join("data").display().to_string();
    let shown = roundsman_with(&format!("agent --folder {data} --config {written} check-config")).expect(0).out;
    assert!(shown.contains(&format!("profiles = \"{profiles}\"")), "{shown}");
}
