//! Rosters, in a folder and in a zip.

use std::io::Write as _;

use vpp::diagnostic::Level;
use vpp::inventory::{Freshness, LoadedInventories};
use vpp::manifest;

use super::world::{World, codes, only};

const MANIFEST: &str = "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\nfile.users,bulk\n\
                        file.orgs,bulk\nfile.classes,bulk\nfile.enrollments,bulk\nfile.demographics,absent\n";
const USERS: &str = "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,givenName,identifier,email,grades,password\n\
                     p1,,,true,\"o1,o2\",student,ann,Ann,1,ann@n.example,7,x\n\
                     p2,,,true,o1,student,bob,Bob,2,bob@n.example,7,x\n\
                     p3,,,true,o2,student,cid,Cid,3,cid@n.example,8,x\n\
                     p4,,,true,o1,teacher,dee,Dee,4,dee@n.example,,x\n\
                     p5,tobedeleted,,true,o1,student,eve,Eve,5,eve@n.example,7,x\n";
const ORGS: &str =
    "sourcedId,status,dateLastModified,name,type\no1,,,North,school\no2,,,South,school\n";
const CLASSES: &str = "sourcedId,status,dateLastModified,title\nc1,,,Music\nc2,,,Art\n";
const ENROLLMENTS: &str = "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role\n\
                           e1,,,c1,o1,p1,student\ne2,,,c1,o1,p4,teacher\ne3,,,c2,o1,p2,student\n\
                           e4,tobedeleted,,c1,o1,p2,student\ne5,,,c1,o1,p5,student\n";
const CARTS: &str = "serial,student\nS1,ANN\nS2,bob\nS3,bob\nS9,somebody else\n";

const ONE_ROSTER: [(&str, &str); 5] = [
    ("manifest.csv", MANIFEST),
    ("users.csv", USERS),
    ("orgs.csv", ORGS),
    ("classes.csv", CLASSES),
    ("enrollments.csv", ENROLLMENTS),
];

const ASM: [(&str, &str); 6] = [
    (
        "students.csv",
        "person_id,person_number,first_name,middle_name,last_name,grade_level,email_address,sis_username,password_policy,location_id,location_id_2\n\
      p1,1,Ann,,A,7,ann@n.example,ann,4,L1,L2\np2,2,Bob,,B,8,bob@n.example,bob,4,L1,\n",
    ),
    (
        "staff.csv",
        "person_id,person_number,first_name,middle_name,last_name,email_address,sis_username,location_id\np4,4,Dee,,D,dee@n.example,dee,L2\n",
    ),
    ("courses.csv", "course_id,course_number,course_name,location_id\nk1,1,Music,L1\n"),
    (
        "classes.csv",
        "class_id,class_number,course_id,instructor_id,instructor_id_2,instructor_id_3,location_id\nc1,1,k1,p4,,,L1\nc2,2,k1,,,,L1\n",
    ),
    ("rosters.csv", "roster_id,class_id,student_id\nr1,c1,p1\nr2,c2,p2\n"),
    ("locations.csv", "location_id,location_name\nL1,North\nL2,South\n"),
];

/// A set, with one file given anew; without it where that is empty.
fn set<'a>(files: &[(&'a str, &'a str)], name: &str, text: &'a str) -> Vec<(&'a str, &'a str)> {
    let changed =
        files.iter().map(|&(file, old)| if file == name { (file, text) } else { (file, old) });
    changed.filter(|(_, text)| !text.is_empty()).collect()
}

/// Loads the inventory of this block over the set, from a folder and from a zip: both must agree.
fn load(block: &str, files: &[(&str, &str)]) -> (World, LoadedInventories) {
    let mut both = vec![];
    for zipped in [false, true] {
        let mut world = World::new();
        let path = if zipped { "sets/set.zip" } else { "sets/set" };
        if zipped {
            let mut zip = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
            for (name, text) in files {
                zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
                zip.write_all(text.as_bytes()).unwrap();
            }
            world.file(path, zip.finish().unwrap().into_inner());
        } else {
            world.file("sets/set/other.txt", "");
            for (name, text) in files {
                world.file(&format!("{path}/{name}"), text);
            }
        }
        world.file("carts.csv", CARTS);
        let block = block.replace("PATH", path);
        world.file(
            "vpp.yaml",
            format!(
                "apiVersion: vpp/v1\nkind: Inventory\nname: carts\ncsv: {{ path: carts.csv, serial: serial }}\n---\n\
                 apiVersion: vpp/v1\nkind: Inventory\nname: roster\n{block}\n---\n\
                 apiVersion: vpp/v1\nkind: Group\nname: all\nfrom: roster\nwhere: size(row) > 0\n"
            ),
        );
        let manifest::Loaded { manifests, diagnostics } = manifest::load(world.folder());
        assert!(diagnostics.is_empty(), "{diagnostics:#?}");
        world.manifests = manifests;
        let loaded = world.load();
        both.push((world, loaded));
    }
    let texts: Vec<Vec<String>> = both
        .iter()
        .map(|(_, loaded)| {
            let said =
                loaded.diagnostics.iter().map(|found| found.message.replace("set.zip", "set"));
            said.collect()
        })
        .collect();
    assert_eq!(texts[0], texts[1], "folder and zip differ");
    both.remove(0)
}

/// The values of columns, row by row.
fn values(loaded: &LoadedInventories, columns: &[&str]) -> Vec<String> {
    let table = &loaded.tables["roster"];
    let row = |row: usize| {
        let values = columns.iter().map(|column| table.value(row, column).unwrap_or("-"));
        values.collect::<Vec<_>>().join("|")
    };
    (0..table.rows()).map(row).collect()
}

fn error(block: &str, files: &[(&str, &str)]) -> String {
    let (_, loaded) = load(block, files);
    assert!(!loaded.tables.contains_key("roster"), "a table in spite of an error");
    assert!(loaded.diagnostics.iter().all(|found| found.level == Level::Error));
    only(&loaded.diagnostics)
}

const PEOPLE: &str =
    "oneroster: { path: PATH, classes: { music: c1 }, schools: { south: o2 }, email: email }";

#[test]
fn people_of_oneroster_have_their_classes_and_schools() {
    let (_, loaded) = load(PEOPLE, &ONE_ROSTER);
    assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
    let columns = ["sourcedId", "role", "school", "grades", "music", "south"];
    assert_eq!(
        values(&loaded, &columns),
        [
            "p1|student|North|7|true|true",
            "p2|student|North|7|false|false",
            "p3|student|South|8|false|true",
            "p4|teacher|North||true|false",
        ]
    );
    let table = &loaded.tables["roster"];
    assert_eq!(table.users().unwrap().get(0), Some("p1"));
    assert_eq!(table.emails().unwrap().get(1), Some("bob@n.example"));
    assert_eq!(table.place(3), "sets/set:5");
    assert_eq!(table.value(0, "password"), None);
    assert!(matches!(loaded.sources["roster"].freshness, Freshness::AsOf(Some(_))));
}

#[test]
fn version_1_2_has_roles_in_a_file_of_its_own() {
    let manifest =
        MANIFEST.replace("1.1", "1.2").replace("file.orgs", "file.roles,bulk\nfile.orgs");
    let users =
        "sourcedId,status,username,email,grades\np1,,ann,ann@n.example,7\np4,,dee,dee@n.example,\n";
    let roles = "sourcedId,status,userSourcedId,roleType,role,orgSourcedId\n\
                 r1,,p1,secondary,aide,o2\nr2,,p1,primary,student,o1\nr3,,p4,primary,teacher,o2\n";
    let enrollments = "classSourcedId,userSourcedId\nc1,p1\n";
    let mut files = set(&ONE_ROSTER, "manifest.csv", &manifest);
    files = set(&files, "users.csv", users);
    files = set(&files, "enrollments.csv", enrollments);
    files.push(("roles.csv", roles));
    let (_, loaded) = load(PEOPLE, &files);
    assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
    let columns = ["sourcedId", "role", "school", "music", "south"];
    assert_eq!(
        values(&loaded, &columns),
        ["p1|student|North|true|true", "p4|teacher|South|false|true"]
    );
    let cut = set(&files, "users.csv", "sourcedId,status,username,email\np1,,ann,a@n.example\n");
    assert!(error(PEOPLE, &cut).contains("roles.csv has `p4`, who is not in users.csv"));
}

#[test]
fn a_delta_or_absent_file_is_an_error_and_never_fewer_people() {
    for (how, said) in
        [("delta", "only what changed"), ("absent", "it has the people"), ("some", "`some`")]
    {
        let manifest = MANIFEST.replace("file.users,bulk", &format!("file.users,{how}"));
        let found = error(PEOPLE, &set(&ONE_ROSTER, "manifest.csv", &manifest));
        assert!(found.starts_with("VPP-I018") && found.contains(said), "{found}");
    }
    for file in ["enrollments", "classes", "orgs"] {
        for how in ["delta", "absent"] {
            let manifest =
                MANIFEST.replace(&format!("file.{file},bulk"), &format!("file.{file},{how}"));
            let found = error(PEOPLE, &set(&ONE_ROSTER, "manifest.csv", &manifest));
            assert!(found.starts_with("VPP-I018") && found.contains(file), "{found}");
        }
    }
    // Where nobody asks who is in a class, the set need not say so.
    let manifest = MANIFEST
        .replace("enrollments,bulk", "enrollments,absent")
        .replace("classes,bulk", "classes,absent");
    let (_, loaded) =
        load("oneroster: { path: PATH }", &set(&ONE_ROSTER, "manifest.csv", &manifest));
    assert_eq!(loaded.tables["roster"].rows(), 4);
}

#[test]
fn files_that_contradict_each_other_are_an_error() {
    let cut = &USERS[..USERS.find("p4").unwrap()];
    for (file, text, said) in [
        ("users.csv", cut, "enrollments.csv:3: `p4` is not in users.csv"),
        ("users.csv", "", "there is no users.csv"),
        ("manifest.csv", "", "there is no manifest.csv"),
        (
            "manifest.csv",
            "propertyName,value\noneroster.version,2.0\n",
            "oneroster.version is `2.0`",
        ),
        ("classes.csv", "sourcedId,title\nc2,Art\n", "classes.csv has nothing with the id `c1`"),
        ("orgs.csv", "sourcedId,name\no1,North\n", "orgs.csv has nothing with the id `o2`"),
        ("orgs.csv", "sourcedId\no1\n", "there is no column `name`"),
        (
            "enrollments.csv",
            "classSourcedId,userSourcedId\nc1,\"p1\n",
            "a quote is opened here and never",
        ),
    ] {
        let found = error(PEOPLE, &set(&ONE_ROSTER, file, text));
        assert!(found.contains(said), "{found}");
    }
}

#[test]
fn devices_of_people_are_rows_where_an_inventory_knows_them() {
    let block = "oneroster: { path: PATH, classes: { music: c1 }, devices: { from: carts, person: student, by: username } }";
    let (_, loaded) = load(block, &ONE_ROSTER);
    let columns = ["serial", "sourcedId", "music"];
    assert_eq!(values(&loaded, &columns), ["S1|p1|true", "S2|p2|false", "S3|p2|false"]);
    assert_eq!(loaded.tables["roster"].users().unwrap().get(0), Some("p1"));
    assert_eq!(codes(&loaded.diagnostics), ["VPP-I019", "VPP-I020"]);
    let said: Vec<&str> = loaded.diagnostics.iter().map(|found| found.message.as_str()).collect();
    assert!(
        said[0].ends_with("2 people of the roster have no device in carts.csv: `cid`, `dee`"),
        "{said:?}"
    );
    assert!(said[1].contains("1 person of the roster has more than one device"), "{said:?}");
    // Ids are compared to the letter, and none of these is one.
    let by_id = block.replace(", by: username", "");
    let found = error(&by_id, &ONE_ROSTER);
    assert!(found.starts_with("VPP-I005"), "{found}");
}

#[test]
fn a_map_without_its_column_is_an_error() {
    let block = "oneroster: { path: PATH, devices: { from: carts, person: studnet } }";
    let found = error(block, &ONE_ROSTER);
    assert!(found.contains("carts.csv has no column `studnet`"), "{found}");
    assert!(found.contains("did you mean `student`?"), "{found}");
}

#[test]
fn apples_set_has_students_and_staff() {
    let block = "asmRoster: { path: PATH, classes: { music: c1 }, schools: { south: L2 } }";
    let (_, loaded) = load(block, &ASM);
    assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
    let columns = ["person_id", "role", "school", "grade_level", "music", "south"];
    assert_eq!(
        values(&loaded, &columns),
        [
            "p1|student|North|7|true|true",
            "p2|student|North|8|false|false",
            "p4|staff|South||true|true",
        ]
    );
    for (file, text, said) in [
        (
            "students.csv",
            "person_id,location_id\np1,L1\n",
            "rosters.csv:3: `p2` is not in students.csv",
        ),
        ("staff.csv", "person_id,location_id\np7,L1\n", "classes.csv:2: `p4` is not in staff.csv"),
        (
            "classes.csv",
            "class_id,instructor_id\nc1,p4\n",
            "rosters.csv:3: class `c2` is not in classes.csv",
        ),
        (
            "locations.csv",
            "location_id,location_name\nL1,North\n",
            "students.csv:2: location `L2` is not",
        ),
        ("rosters.csv", "", "there is no rosters.csv"),
        ("courses.csv", "", "there is no courses.csv"),
    ] {
        let found = error(block, &set(&ASM, file, text));
        assert!(found.contains(said), "{found}");
    }
}

#[test]
fn a_roster_outside_the_folder_is_not_opened() {
    let mut world = World::new();
    world.file("secret/users.csv", USERS);
    world.file("secret/manifest.csv", MANIFEST);
    let inside = world.file(
        "repo/vpp.yaml",
        "apiVersion: vpp/v1\nkind: Inventory\nname: roster\noneroster: { path: ../secret }\n",
    );
    let folder = inside.parent().unwrap().to_owned();
    world.manifests = manifest::load(&folder).manifests;
    let loaded = vpp::inventory::load_all(&world.manifests, &folder, &world.environment);
    assert_eq!(codes(&loaded.diagnostics), ["VPP-I002"]);
    assert!(loaded.tables.is_empty());
}
