//! OneRoster CSV, versions 1.1 and 1.2.

use std::collections::HashMap;

use super::files::Files;
use super::{Fault, picked};
use crate::inventory::shown::shown;
use crate::inventory::source::sheet::Sheet;
use crate::manifest::kind::Roster;

/// What the set says of itself.
struct Manifest {
    version: Version,
    /// How each file is sent: `bulk`, `delta` or `absent`.
    files: HashMap<String, String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    /// People's roles and organizations stand with the people.
    V1p1,
    /// They have a file of their own.
    V1p2,
}

impl Manifest {
    fn read(files: &mut Files) -> Result<Self, Fault> {
        let mut properties = HashMap::new();
        files.required("manifest.csv", &["propertyName", "value"], |record| {
            properties
                .insert(record.get("propertyName").to_owned(), record.get("value").to_owned());
            Ok(())
        })?;
        let version = properties.get("oneroster.version").map_or("", String::as_str);
        let version = match version {
            "1.1" => Version::V1p1,
            "1.2" => Version::V1p2,
            other => {
                let other = shown(other);
                return Err(Fault::of_set(format!(
                    "manifest.csv: oneroster.version is {other}, and 1.1 and 1.2 are known"
                )));
            }
        };
        let files = properties.into_iter().filter_map(|(name, how)| {
            Some((name.strip_prefix("file.")?.to_owned(), how.to_ascii_lowercase()))
        });
        Ok(Self { version, files: files.collect() })
    }

    /// Whether the file is there in whole. One that holds only what changed never is.
    fn has(&self, file: &str) -> Result<bool, Fault> {
        match self.files.get(file).map_or("absent", String::as_str) {
            "bulk" => Ok(true),
            "absent" => Ok(false),
            "delta" => Err(Fault::of_set(format!(
                "manifest.csv: {file} is `delta`, only what changed since the last export; everybody \
                 else would look like having left"
            ))),
            other => Err(Fault::of_set(format!("manifest.csv: {file} is {}", shown(other)))),
        }
    }

    fn needs(&self, file: &str, why: &str) -> Result<(), Fault> {
        if self.has(file)? {
            return Ok(());
        }
        Err(Fault::of_set(format!("manifest.csv: {file} is `absent`, and {why}")))
    }
}

/// Whether a record is one that goes away.
fn leaves(status: &str) -> bool {
    status.eq_ignore_ascii_case("tobedeleted")
}

pub(super) fn read(files: &mut Files, roster: &Roster) -> Result<Sheet, Fault> {
    let manifest = Manifest::read(files)?;
    manifest.needs("users", "it has the people")?;
    if manifest.version == Version::V1p2 {
        manifest.needs("roles", "version 1.2 has people's roles there")?;
    }
    let orgs = orgs(files, &manifest, roster)?;
    let roles = roles(files, &manifest)?;
    let mut sheet = people(files, &orgs, &roles)?;
    let schools = picked(&mut sheet, &roster.schools, "orgs.csv", &orgs)?;
    for (person, roles) in &roles.by_person {
        for picked in roles.orgs.iter().flat_map(|org| schools.get(org).into_iter().flatten()) {
            sheet.mark(*picked, person);
        }
    }
    enrollments(files, &manifest, roster, &mut sheet, &roles)?;
    Ok(sheet)
}

/// The organizations' names by id; empty where the set has none and nothing asks for them.
fn orgs(
    files: &mut Files,
    manifest: &Manifest,
    roster: &Roster,
) -> Result<HashMap<String, String>, Fault> {
    if !roster.schools.is_empty() {
        manifest.needs("orgs", "`schools` names organizations")?;
    }
    let mut orgs = HashMap::new();
    if manifest.has("orgs")? {
        files.required("orgs.csv", &["sourcedId", "name"], |record| {
            if !leaves(record.get("status")) {
                orgs.insert(record.get("sourcedId").to_owned(), record.get("name").to_owned());
            }
            Ok(())
        })?;
    }
    Ok(orgs)
}

/// What people are, and where.
#[derive(Default)]
struct Roles {
    by_person: HashMap<String, Role>,
    /// People who go away. They may still be enrolled.
    leaving: std::collections::HashSet<String>,
    /// Whether a file of its own said so.
    of_their_own: bool,
}

#[derive(Default)]
struct Role {
    role: String,
    /// The first is the primary one.
    orgs: Vec<String>,
}

/// The roles of version 1.2; those of 1.1 come with the people.
fn roles(files: &mut Files, manifest: &Manifest) -> Result<Roles, Fault> {
    let mut roles = Roles::default();
    if manifest.version == Version::V1p1 {
        files.required("users.csv", &["sourcedId", "orgSourcedIds", "role"], |record| {
            let id = record.get("sourcedId").to_owned();
            if leaves(record.get("status")) {
                roles.leaving.insert(id);
                return Ok(());
            }
            let orgs = record.get("orgSourcedIds").split(',').map(|org| org.trim().to_owned());
            let role = Role { role: record.get("role").to_owned(), orgs: orgs.collect() };
            roles.by_person.insert(id, role);
            Ok(())
        })?;
        return Ok(roles);
    }
    roles.of_their_own = true;
    let columns = ["userSourcedId", "roleType", "role", "orgSourcedId"];
    files.required("roles.csv", &columns, |record| {
        if leaves(record.get("status")) {
            return Ok(());
        }
        let org = record.get("orgSourcedId").to_owned();
        let role = roles.by_person.entry(record.get("userSourcedId").to_owned()).or_default();
        if record.get("roleType").eq_ignore_ascii_case("primary") || role.role.is_empty() {
            record.get("role").clone_into(&mut role.role);
            role.orgs.insert(0, org);
        } else {
            role.orgs.push(org);
        }
        Ok(())
    })?;
    files.required("users.csv", &["sourcedId"], |record| {
        if leaves(record.get("status")) {
            roles.leaving.insert(record.get("sourcedId").to_owned());
        }
        Ok(())
    })?;
    Ok(roles)
}

fn people(
    files: &mut Files,
    orgs: &HashMap<String, String>,
    roles: &Roles,
) -> Result<Sheet, Fault> {
    let header = files.required("users.csv", &["sourcedId"], |_| Ok(()))?;
    let own = ["role", "school"];
    let kept: Vec<String> = header
        .into_iter()
        .filter(|column| {
            !column.is_empty() && !own.contains(&column.as_str()) && column != "serial"
        })
        // A password has no place in a condition.
        .filter(|column| column != "password")
        .collect();
    let mut sheet = Sheet::new(kept.iter().map(String::as_str).chain(own));
    files.required("users.csv", &["sourcedId"], |record| {
        let id = record.get("sourcedId");
        if leaves(record.get("status")) {
            return Ok(());
        }
        let role = roles.by_person.get(id);
        let school = role.and_then(|role| role.orgs.first()).map_or("", String::as_str);
        let school = orgs.get(school).map_or(school, String::as_str);
        let mut values: Vec<&str> = kept.iter().map(|column| record.get(column)).collect();
        values.extend([role.map_or("", |role| role.role.as_str()), school]);
        if id.is_empty() || sheet.add_line(record.line, id, &values) {
            return Ok(());
        }
        let line = record.line;
        Err(Fault::of_set(format!("users.csv:{line}: {} is there twice", shown(id))))
    })?;
    if roles.of_their_own {
        let known = |id: &String| sheet.has(id) || roles.leaving.contains(id);
        let mut unknown: Vec<_> = roles.by_person.keys().filter(|id| !known(id)).collect();
        unknown.sort_unstable();
        if let Some(id) = unknown.first() {
            let why = format!("roles.csv has {}, who is not in users.csv", shown(id));
            return Err(Fault::of_set(why));
        }
    }
    Ok(sheet)
}

/// Marks who is enrolled in the picked classes, and holds all enrollments against the people.
fn enrollments(
    files: &mut Files,
    manifest: &Manifest,
    roster: &Roster,
    sheet: &mut Sheet,
    roles: &Roles,
) -> Result<(), Fault> {
    if !roster.classes.is_empty() {
        manifest.needs("classes", "`classes` names classes")?;
        manifest.needs("enrollments", "`classes` asks who is in them")?;
    }
    let mut classes = HashMap::new();
    if manifest.has("classes")? {
        files.required("classes.csv", &["sourcedId", "title"], |record| {
            if !leaves(record.get("status")) {
                classes.insert(record.get("sourcedId").to_owned(), record.get("title").to_owned());
            }
            Ok(())
        })?;
    }
    let picks = picked(sheet, &roster.classes, "classes.csv", &classes)?;
    if !manifest.has("enrollments")? {
        return Ok(());
    }
    files.required("enrollments.csv", &["classSourcedId", "userSourcedId"], |record| {
        if leaves(record.get("status")) {
            return Ok(());
        }
        let (class, person) = (record.get("classSourcedId"), record.get("userSourcedId"));
        if roles.leaving.contains(person) {
            return Ok(());
        }
        if !sheet.has(person) {
            let (line, person) = (record.line, shown(person));
            let why = format!("enrollments.csv:{line}: {person} is not in users.csv");
            return Err(Fault::of_set(why));
        }
        for picked in picks.get(class).into_iter().flatten() {
            sheet.mark(*picked, person);
        }
        Ok(())
    })?;
    Ok(())
}
