//! How manifests look afterwards.

use super::checked;

/// Text in, text out.
fn case(before: &str, after: &str) {
    let formatted = checked(before);
    assert!(formatted == after, "got:\n{formatted}\n--- wanted:\n{after}");
}

#[test]
fn keys_stand_in_one_order_and_take_their_comments_along() {
    case(
        r#"# the file
# yaml-language-server: $schema=x.json

# what it is called
name:   notability   # short
assign:
# first
- intent: required
  to: year-7 # all of them
    # not yet: year-8

- {intent: uninstall,   to: "year-6-2025"}
# about the location
location: 'northfield'
kind: App
# which version
apiVersion: vpp/v1
adamId: 360593530
# the end
"#,
        r#"# the file
# yaml-language-server: $schema=x.json

# which version
apiVersion: vpp/v1
kind: App
# what it is called
name: notability # short
adamId: "360593530"
# about the location
location: northfield
assign:
  # first
  - to: year-7 # all of them
    intent: required
    # not yet: year-8

  - { to: year-6-2025, intent: uninstall }
# the end
"#,
    );
}

#[test]
fn quotes_are_where_yaml_would_change_the_text() {
    case(
        "apiVersion: 'vpp/v1'\nkind: Group\nname: \"loaners\"\ndescription: \"Yes: they are: lent\"\ndevices: [012345678901, 'DMPXK1A2HJ0M', 1E10, \"no\", 123456789012]\nminimum: 2\n",
        "apiVersion: vpp/v1\nkind: Group\nname: loaners\ndescription: \"Yes: they are: lent\"\ndevices: [\"012345678901\", DMPXK1A2HJ0M, \"1E10\", \"no\", \"123456789012\"]\nminimum: 2\n",
    );
    // What a key takes that is no id stays as it was written: this is a mistake, and not ours.
    case(
        "apiVersion: vpp/v1\nkind: Group\nname: no\nusers: []\n",
        "apiVersion: vpp/v1\nkind: Group\nname: no\nusers: []\n",
    );
    // A condition keeps its quotes; single ones save escapes.
    case(
        "kind: Group\napiVersion: vpp/v1\nname: g\nfrom: d\nwhere: \"row.a == \\\"7\\\"\"\n",
        "apiVersion: vpp/v1\nkind: Group\nname: g\nfrom: d\nwhere: 'row.a == \"7\"'\n",
    );
}

#[test]
fn documents_are_parted_by_one_line_and_empty_ones_go() {
    case(
        "\u{FEFF}# license\r\n---\r\n# about a\r\na: 1\r\n...\r\n# about b\r\n---\r\n\r\n---\r\n# nothing here\r\n---\r\nb: 2   \r\n\r\n\r\n",
        "# license\n\n# about a\na: 1\n# about b\n---\n# nothing here\nb: 2\n",
    );
}

#[test]
fn at_most_one_empty_line_in_a_row() {
    case(
        "\n\n# head\n\n\n\na: 1\n\n\n# b\n\n\nb:\n\n  - 1\n\n\n  - 2\n\n\n---\n\n\nc: 3\n",
        "# head\n\na: 1\n\n# b\n\nb:\n  - 1\n\n  - 2\n---\nc: 3\n",
    );
}

#[test]
fn brackets_stay_while_they_fit_on_a_line_and_hold_no_comment() {
    case(
        "a: [ 1,2 , [], {} ]\nb: {x: 1,y: {z: [1]}}\n",
        "a: [1, 2, [], {}]\nb: { x: 1, y: { z: [1] } }\n",
    );
    case(
        "a: [ # why\n  1, # one\n  # two\n  2\n  # end\n] # after\nb: [ # none\n]\n",
        "a: # after\n  # why\n  - 1 # one\n  # two\n  - 2\n  # end\nb: [] # none\n",
    );
    let long: Vec<String> = (0..20).map(|n| format!("DMPXK1A{n:02}HJ0M")).collect();
    case(
        &format!("devices: [{}]\n", long.join(",")),
        &format!("devices:\n  - {}\n", long.join("\n  - ")),
    );
}

#[test]
fn text_over_several_lines_keeps_its_lines() {
    case(
        "a: one\n     two\n\n     three # end\nb: |\n      x\n        y  \n\n      z\n\nc: >- # why\n     folded\n     text\n\n       more\nd: |+\n  kept\n\n\ne: \"q\n   r\"\nf: |2\n    s\n",
        "a: one\n  two\n\n  three # end\nb: |\n  x\n    y  \n\n  z\n\nc: >- # why\n  folded\n  text\n\n    more\nd: |+\n  kept\n\n\ne: q r\nf: |2\n    s\n",
    );
}

#[test]
fn comments_keep_to_what_they_are_about() {
    case(
        "a:  # beside a\n  # above b\n  b: 1\n  # below b\n# above c\nc:\n  # above the value\n  text\nd:\n- # in the dash\n  e: 1\n-\n  # under the dash\n  f: 2\n# above g\ng: # nothing\nh:\n",
        "a: # beside a\n  # above b\n  b: 1\n  # below b\n# above c\n# above the value\nc: text\nd:\n  # in the dash\n  - e: 1\n  # under the dash\n  - f: 2\n# above g\ng: # nothing\nh:\n",
    );
}

#[test]
fn a_file_of_comments_or_of_nothing_stays_one() {
    case("", "");
    case("\n\n", "");
    case("---\n", "");
    case("\n# one\n\n\n  # two  \n", "# one\n\n# two\n");
}

#[test]
fn what_is_not_yaml_of_manifests_is_refused() {
    for text in [
        "a: [",
        "a: &x 1",
        "a: *x",
        "a: !t 1",
        "a: 1\na: 2\n",
        "%YAML 1.2\n---\na: 1\n",
        "? [a]\n: 1\n",
    ] {
        assert!(vpp::format::format(text).is_err(), "{text}");
    }
}
