//! The CSV set Apple School Manager takes by SFTP.

use std::collections::HashMap;

use super::files::{Files, Record};
use super::{Fault, picked};
use crate::inventory::shown::shown;
use crate::inventory::source::sheet::Sheet;
use crate::manifest::kind::Roster;

/// The files of people, and what the people in them are.
const PEOPLE: [(&str, &str); 2] = [("students.csv", "student"), ("staff.csv", "staff")];

/// The locations of each person.
type Places = Vec<(String, Vec<String>)>;

pub(super) fn read(files: &mut Files, roster: &Roster) -> Result<Sheet, Fault> {
    let mut locations = HashMap::new();
    files.required("locations.csv", &["location_id", "location_name"], |record| {
        locations
            .insert(record.get("location_id").to_owned(), record.get("location_name").to_owned());
        Ok(())
    })?;
    files.required("courses.csv", &["course_id"], |_| Ok(()))?;
    let (mut sheet, at) = people(files, &locations)?;
    let schools = picked(&mut sheet, &roster.schools, "locations.csv", &locations)?;
    for (person, locations) in &at {
        for picked in locations.iter().flat_map(|id| schools.get(id).into_iter().flatten()) {
            sheet.mark(*picked, person);
        }
    }
    classes(files, roster, &mut sheet)?;
    Ok(sheet)
}

/// The people, and the locations each belongs to.
fn people(
    files: &mut Files,
    locations: &HashMap<String, String>,
) -> Result<(Sheet, Places), Fault> {
    let mut columns: Vec<String> = vec![];
    for (file, _) in PEOPLE {
        for column in files.required(file, &["person_id", "location_id"], |_| Ok(()))? {
            let own = ["", "role", "school", "serial"].contains(&column.as_str());
            if !own && !columns.contains(&column) {
                columns.push(column);
            }
        }
    }
    let mut sheet = Sheet::new(columns.iter().map(String::as_str).chain(["role", "school"]));
    let mut at = vec![];
    for (file, role) in PEOPLE {
        files.required(file, &["person_id"], |record| {
            let id = record.get("person_id");
            let own = locations_of(&record);
            if let Some(unknown) = own.iter().find(|id| !locations.contains_key(**id)) {
                let (line, unknown) = (record.line, shown(unknown));
                let why = format!("{file}:{line}: location {unknown} is not in locations.csv");
                return Err(Fault::of_set(why));
            }
            let school = own.first().and_then(|id| locations.get(*id)).map_or("", String::as_str);
            let mut values: Vec<&str> = columns.iter().map(|column| record.get(column)).collect();
            values.extend([role, school]);
            if id.is_empty() {
                return Ok(());
            }
            if !sheet.add_line(record.line, id, &values) {
                let (line, id) = (record.line, shown(id));
                return Err(Fault::of_set(format!("{file}:{line}: {id} is there twice")));
            }
            at.push((id.to_owned(), own.into_iter().map(str::to_owned).collect()));
            Ok(())
        })?;
    }
    Ok((sheet, at))
}

/// `location_id`, `location_id_2` and so on.
fn locations_of<'r>(record: &Record<'r>) -> Vec<&'r str> {
    let more = (2..=15).map(|number| record.get(&format!("location_id_{number}")));
    let all = [record.get("location_id")].into_iter().chain(more);
    all.filter(|id| !id.is_empty()).collect()
}

/// Marks who is in the picked classes, and holds classes and rosters against the people.
fn classes(files: &mut Files, roster: &Roster, sheet: &mut Sheet) -> Result<(), Fault> {
    let instructors = ["instructor_id", "instructor_id_2", "instructor_id_3"];
    let mut classes = HashMap::new();
    let mut teaching = vec![];
    files.required("classes.csv", &["class_id", "instructor_id"], |record| {
        let class = record.get("class_id");
        classes.insert(class.to_owned(), class.to_owned());
        for person in instructors.map(|column| record.get(column)) {
            if !person.is_empty() {
                teaching.push((record.line, class.to_owned(), person.to_owned()));
            }
        }
        Ok(())
    })?;
    let picks = picked(sheet, &roster.classes, "classes.csv", &classes)?;
    for (line, class, person) in teaching {
        if !sheet.has(&person) {
            let why = format!("classes.csv:{line}: {} is not in staff.csv", shown(&person));
            return Err(Fault::of_set(why));
        }
        for picked in picks.get(&class).into_iter().flatten() {
            sheet.mark(*picked, &person);
        }
    }
    files.required("rosters.csv", &["class_id", "student_id"], |record| {
        let (class, person, line) = (record.get("class_id"), record.get("student_id"), record.line);
        if !sheet.has(person) {
            let why = format!("rosters.csv:{line}: {} is not in students.csv", shown(person));
            return Err(Fault::of_set(why));
        }
        if !classes.contains_key(class) {
            let why = format!("rosters.csv:{line}: class {} is not in classes.csv", shown(class));
            return Err(Fault::of_set(why));
        }
        for picked in picks.get(class).into_iter().flatten() {
            sheet.mark(*picked, person);
        }
        Ok(())
    })?;
    Ok(())
}
