use super::fields::{Field, Fields, LONGEST_WORD};
use super::report::{Report, shown};
use super::{asset, faults, group, inventory, location, mdm, policy, subscription, value};
use crate::diagnostic::{At, Diagnostic, FileId, Span, nearest};
use crate::license::AssetKind;
use crate::manifest::codes;
use crate::manifest::kind::{
    AssetManifest, Group, Inventory, Location, Mdm, Policy, SubscriptionManifest,
};
use crate::yaml::{self, Entry, Node, Place, Style, Value};

/// The kinds a document can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::manifest) enum Kind {
    Location,
    Inventory,
    Group,
    App,
    Book,
    Subscription,
    Policy,
    Mdm,
}

/// Every kind and its spelling.
pub(in crate::manifest) const KINDS: [(&str, Kind); 8] = [
    ("Location", Kind::Location),
    ("Inventory", Kind::Inventory),
    ("Group", Kind::Group),
    ("App", Kind::App),
    ("Book", Kind::Book),
    ("Subscription", Kind::Subscription),
    ("Policy", Kind::Policy),
    ("Mdm", Kind::Mdm),
];

impl Kind {
    pub(in crate::manifest) fn as_str(self) -> &'static str {
        match self {
            Self::Location => "Location",
            Self::Inventory => "Inventory",
            Self::Group => "Group",
            Self::App => "App",
            Self::Book => "Book",
            Self::Subscription => "Subscription",
            Self::Policy => "Policy",
            Self::Mdm => "Mdm",
        }
    }

    fn what(self) -> &'static str {
        match self {
            Self::Location => "a Location",
            Self::Inventory => "an Inventory",
            Self::Group => "a Group",
            Self::App => "an App",
            Self::Book => "a Book",
            Self::Subscription => "a Subscription",
            Self::Policy => "a Policy",
            Self::Mdm => "an Mdm",
        }
    }

    fn example_name(self) -> &'static str {
        match self {
            Self::Location => "northfield",
            Self::Inventory => "devices",
            Self::Group => "year-7",
            Self::App => "notability",
            Self::Book => "atlas",
            Self::Subscription => "studio",
            Self::Policy => "limits",
            Self::Mdm => "campus",
        }
    }
}

/// A typed document.
#[derive(Debug)]
pub(in crate::manifest) enum Typed {
    Location(Box<Location>),
    Inventory(Box<Inventory>),
    Group(Group),
    Asset(Box<AssetManifest>),
    Subscription(Box<SubscriptionManifest>),
    Policy(Box<Policy>),
    Mdm(Mdm),
}

/// What one file held.
#[derive(Debug, Default)]
pub(in crate::manifest) struct Found {
    /// The documents that could be made.
    pub(in crate::manifest) typed: Vec<Typed>,
    /// Kind and name of every document, also of those that could not be made: references to them
    /// are no mistakes of their own.
    pub(in crate::manifest) names: Vec<(Kind, At<String>)>,
    /// Documents whose kind or name is not known.
    pub(in crate::manifest) unreadable: Vec<Span>,
    /// Whether there was any document at all, a sandbox's world not counted.
    pub(in crate::manifest) any: bool,
    /// Text that stands where a token's source belongs, and must not be shown.
    pub(in crate::manifest) secrets: Vec<Span>,
}

/// Reads one file's text. Never fails: problems go to the report.
pub(in crate::manifest) fn read_file(file: FileId, text: &str, report: &mut Report) -> Found {
    let mut found = Found::default();
    let read = yaml::read(text);
    for fault in read.faults {
        found.any = true;
        faults::add(report, fault, text);
    }
    for yaml::Document { root, faults } in read.documents {
        let is_world = root.as_ref().is_some_and(is_world);
        if !is_world {
            found.any = true;
            let broken = faults.iter().find(|fault| fault.kind.loses_document());
            if let Some(fault) = broken {
                found.unreadable.push(report.span(fault.place));
            }
            for fault in faults {
                faults::add(report, fault, text);
            }
            if let Some(root) = root {
                document(report, &root, text, &mut found);
            }
        }
    }
    report.add_uncounted(read.dropped_faults);
    debug_assert!(found.names.iter().all(|(_, name)| name.span.file == file));
    found
}

/// A sandbox's world is read by the sandbox, by its own rules.
fn is_world(root: &Node<'_>) -> bool {
    root.get("kind").and_then(Node::scalar) == Some("World")
        && root.get("apiVersion").and_then(Node::scalar) == Some("vpp/v1")
}

fn document(report: &mut Report, root: &Node<'_>, text: &str, found: &mut Found) {
    let Value::Mapping(entries) = &root.value else {
        if root.value != Value::Refused {
            found.unreadable.push(report.span(root.place));
            let first = first_character(root.place, text);
            report.add(
                Diagnostic::error(&codes::API_VERSION, "the document is no manifest")
                    .at(report.span(first), "must be a mapping with `apiVersion` and `kind`")
                    .help("begin with `apiVersion: vpp/v1` and `kind: …`")
                    .help("name files that are not manifests in `.vppignore`"),
            );
        }
        return;
    };
    let entry = |key: &str| entries.iter().find(|entry| entry.key == key);
    let first = entries.first().map_or(root.place, |entry| entry.key_place);
    let version = entry("apiVersion");
    let version_is_known = api_version(report, version, entry("kind"), first);
    // What is plainly no document of ours need not be of one of our kinds.
    let is_ours = version.and_then(|entry| entry.value.scalar());
    let is_ours = is_ours.is_some_and(|text| text.to_ascii_lowercase().starts_with("vpp"));
    let judged = is_ours || (version.is_none() && entry("kind").is_some());
    let kind = if judged { kind(report, entry("kind"), first) } else { None };
    let known = if version_is_known { kind } else { None };
    let Some((kind, anchor)) = known else {
        found.unreadable.push(report.span(first));
        return;
    };
    let mut what_fields = Fields::of_document(kind.what(), anchor, entries);
    let fields = &mut what_fields;
    let name = fields.required(report, "name", kind.example_name());
    let name = name.and_then(|field| value::name(report, field));
    match &name {
        Some(name) => found.names.push((kind, name.clone())),
        None => found.unreadable.push(report.span(first)),
    }
    if kind == Kind::Location {
        location::secrets(report, entries, &mut found.secrets);
    }
    if kind == Kind::Mdm {
        mdm::secrets(report, entries, &mut found.secrets);
    }
    if kind == Kind::Inventory {
        inventory::secrets(report, entries, &mut found.secrets);
    }
    let typed = match kind {
        Kind::Location => {
            location::read(report, fields, name).map(|document| Typed::Location(Box::new(document)))
        }
        Kind::Inventory => inventory::read(report, fields, name)
            .map(|document| Typed::Inventory(Box::new(document))),
        Kind::Group => group::read(report, fields, name).map(Typed::Group),
        Kind::App => asset::read(report, fields, name, AssetKind::App)
            .map(|document| Typed::Asset(Box::new(document))),
        Kind::Book => asset::read(report, fields, name, AssetKind::Book)
            .map(|document| Typed::Asset(Box::new(document))),
        Kind::Subscription => subscription::read(report, fields, name)
            .map(|document| Typed::Subscription(Box::new(document))),
        Kind::Policy => {
            policy::read(report, fields, name).map(|document| Typed::Policy(Box::new(document)))
        }
        Kind::Mdm => mdm::read(report, fields, name).map(Typed::Mdm),
    };
    let refused: &[&str] = match kind {
        Kind::Book => asset::NOT_FOR_BOOKS,
        Kind::App => asset::NOT_FOR_APPS,
        Kind::Location
        | Kind::Inventory
        | Kind::Group
        | Kind::Subscription
        | Kind::Policy
        | Kind::Mdm => &[],
    };
    what_fields.finish(report, refused);
    found.typed.extend(typed);
}

/// A place of one line for a document that may have many.
fn first_character(place: Place, text: &str) -> Place {
    let rest = usize::try_from(place.start).ok().and_then(|start| text.get(start..));
    let length = rest.and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let length = u32::try_from(length).unwrap_or(0);
    Place { end: place.start.saturating_add(length), ..place }
}

fn api_version(
    report: &mut Report,
    entry: Option<&Entry<'_>>,
    kind: Option<&Entry<'_>>,
    first: Place,
) -> bool {
    let (problem, place) = match entry {
        None if kind.is_none() => {
            ("the document has neither `apiVersion` nor `kind`".to_owned(), first)
        }
        None => ("the document has no `apiVersion`".to_owned(), first),
        Some(entry) => match &entry.value.value {
            Value::Scalar(text, _) if text == "vpp/v1" => return true,
            Value::Scalar(text, _) => {
                (format!("`{}` is no known apiVersion", shown(text)), entry.value.place)
            }
            Value::Refused => return false,
            Value::Sequence(_) | Value::Mapping(_) => {
                ("`apiVersion` must be text".to_owned(), entry.key_place)
            }
        },
    };
    report.add(
        Diagnostic::error(&codes::API_VERSION, problem)
            .at(report.span(place), "every document needs `apiVersion: vpp/v1`")
            .help("write `apiVersion: vpp/v1`")
            .help("name files that are not manifests in `.vppignore`"),
    );
    false
}

fn kind(report: &mut Report, entry: Option<&Entry<'_>>, first: Place) -> Option<(Kind, Place)> {
    let listed = KINDS.map(|(word, _)| word).join(", ");
    let Some(entry) = entry else {
        report.add(
            Diagnostic::error(&codes::KIND, "the document has no `kind`")
                .at(report.span(first), "every document needs a `kind`")
                .help(format!("add `kind:` with one of {listed}")),
        );
        return None;
    };
    let field =
        Field { key: "kind", is_item: false, key_place: entry.key_place, node: &entry.value };
    let text = match &entry.value.value {
        Value::Scalar(text, Style::Plain | Style::Quoted | Style::Block) => text,
        Value::Sequence(_) | Value::Mapping(_) | Value::Refused => {
            value::wrong_type(report, field, "one word");
            return None;
        }
    };
    if let Some((_, kind)) = KINDS.iter().find(|(word, _)| word == text) {
        return Some((*kind, entry.value.place));
    }
    if text == "World" {
        // It lacks its `apiVersion`, and that is said.
        return None;
    }
    let near = if text.len() <= LONGEST_WORD {
        nearest(text, KINDS.iter().map(|(word, _)| *word))
    } else {
        None
    };
    let help = near.map_or(format!("known kinds: {listed}"), |n| format!("did you mean `{n}`?"));
    report.add(
        Diagnostic::error(&codes::KIND, format!("`{}` is no known kind", shown(text)))
            .at(report.span(entry.value.place), "unknown kind")
            .help(help),
    );
    None
}
