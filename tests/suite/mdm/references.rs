//! How a server addresses devices, from an inventory.

use vpp::inventory::{Environment, load_references};

use super::memory::Memory;
use super::world::{SECRET, around};

const MDM: &str = "apiVersion: vpp/v1\nkind: Mdm\nname: lab\n\
    nanomdm: { url: http://127.0.0.1:9, key: { env: K }, devices: { inventory: devices, reference: udid } }\n---\n\
    apiVersion: vpp/v1\nkind: Inventory\nname: devices\n";

/// A folder with an inventory in a CSV file.
fn folder(columns: &str, csv: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let manifest = format!("{MDM}csv: {{ path: d.csv, {columns} }}\n");
    fs_err::write(folder.path().join("m.yaml"), manifest).unwrap();
    fs_err::write(folder.path().join("d.csv"), csv).unwrap();
    folder
}

fn load(folder: &tempfile::TempDir) -> Result<Vec<(String, String)>, String> {
    let path = camino::Utf8Path::from_path(folder.path()).unwrap();
    let manifests = vpp::manifest::load(path).manifests;
    let column = manifests.mdms[0].driver.value.device_column().unwrap();
    load_references(&manifests, column, path, &Environment::default())
        .map(|rows| rows.into_iter().map(|(serial, id)| (serial.to_string(), id)).collect())
        .map_err(|errors| format!("{} {:?}", errors[0].message, errors[0].help))
}

#[tokio::test]
async fn devices_that_enrolled_before_are_known_by_the_inventorys_column() {
    let folder = folder("serial: serial", "serial,udid,name\ns1,U-1,a\nS2,,b\nS3, U-3 ,c\n");
    let row = |serial: &str, id: &str| (serial.to_owned(), id.to_owned());
    assert_eq!(load(&folder).unwrap(), [row("S1", "U-1"), row("S3", "U-3")]);
    let path = camino::Utf8Path::from_path(folder.path()).unwrap();
    let manifests = vpp::manifest::load(path).manifests;
    let column = manifests.mdms[0].driver.value.device_column().unwrap();
    let mut around = around(&std::sync::Arc::<Memory>::default());
    around.known = load_references(&manifests, column, path, &Environment::default()).unwrap();
    let mdm = vpp::mdm::open(&manifests.mdms[0], Some(SECRET.into()), around).await.unwrap();
    assert_eq!(mdm.devices().await.unwrap().len(), 2);
}

#[test]
fn a_column_that_is_not_there_is_an_error_and_so_are_people() {
    let misspelt = folder("serial: serial", "serial,uuid\nS1,U1\n");
    let error = load(&misspelt).unwrap_err();
    assert_eq!(error, "d.csv has no column `udid` [\"did you mean `uuid`?\"]");
    let people = folder("user: user", "user,udid\nann,U1\n");
    let error = load(&people).unwrap_err();
    assert!(error.starts_with("the rows of d.csv are people, not devices"), "{error}");
}
