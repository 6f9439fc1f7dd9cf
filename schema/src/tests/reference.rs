//! The generated parts of the specification: messages and codes from the schema with its comments,
//! reject reasons from their table. The example `generate_capnp` writes them, a test holds the
//! document to them.

use std::collections::BTreeMap;
use std::fmt::Write;

use ::capnp::message::ReaderOptions;
use ::capnp::schema_capnp::{code_generator_request, field, node, type_};
use ::capnp::serialize;
use matchgate_core::domain::RejectReason;

/// The discriminant of a field that is in no union.
const NO_UNION: u16 = u16::MAX;

/// Stands where the schema has a type that the renderer does not know.
pub(super) const NAMELESS: &str = "(nameless type)";

/// Returns `document` with what stands between its markers made anew from `request`, the schema
/// compiler's output.
pub(super) fn refreshed(document: &str, request: &[u8]) -> String {
    let message = serialize::read_message(request, ReaderOptions::new()).expect("a request");
    let schema = Schema::new(message.get_root().expect("a request"));
    let document = replaced(document, "messages", &schema.messages());
    let document = replaced(&document, "codes", &schema.codes());
    replaced(&document, "reject reasons", &reject_reasons())
}

/// Puts `text` between the markers named `part`.
fn replaced(document: &str, part: &str, text: &str) -> String {
    let begin = format!("<!-- generated: {part} -->\n");
    let end = format!("<!-- end: {part} -->\n");
    let (before, rest) = document.split_once(&begin).expect("a begin marker");
    let (_, after) = rest.split_once(&end).expect("an end marker");
    format!("{before}{begin}\n{text}\n{end}{after}")
}

fn reject_reasons() -> String {
    let mut table = "| code | reason |\n|---:|---|\n".to_owned();
    for reason in RejectReason::ALL {
        writeln!(table, "| {} | {} |", reason.code(), reason.text()).expect("memory");
    }
    table
}

/// What stands beside a node or field in the schema, on one line.
fn one_line(comment: &str) -> String {
    comment.split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Described<'a> {
    node: node::Reader<'a>,
    comment: String,
    member_comments: Vec<String>,
}

struct Schema<'a> {
    nodes: BTreeMap<u64, Described<'a>>,
    /// Named nodes of the file, in the order of the schema.
    named: Vec<(String, u64)>,
}

impl<'a> Schema<'a> {
    fn new(request: code_generator_request::Reader<'a>) -> Self {
        let mut comments = BTreeMap::new();
        for info in request.get_source_info().expect("comments") {
            let comment = info.get_doc_comment().expect("text");
            let members = info.get_members().expect("members").iter();
            let members = members.map(|member| {
                let comment = member.get_doc_comment().expect("text");
                one_line(comment.to_str().expect("UTF-8"))
            });
            let comment = one_line(comment.to_str().expect("UTF-8"));
            comments.insert(info.get_id(), (comment, members.collect()));
        }
        let nodes = request.get_nodes().expect("nodes").iter().map(|node| {
            let (comment, member_comments) = comments.remove(&node.get_id()).unwrap_or_default();
            let described = Described {
                node,
                comment,
                member_comments,
            };
            (node.get_id(), described)
        });
        let nodes: BTreeMap<u64, Described<'a>> = nodes.collect();
        let file = request.get_requested_files().expect("files").get(0);
        let nested = nodes[&file.get_id()].node.get_nested_nodes();
        let named = nested.expect("nodes").iter().map(|nested| {
            let name = nested.get_name().expect("a name");
            (name.to_string().expect("UTF-8"), nested.get_id())
        });
        let named = named.collect();
        Self { nodes, named }
    }

    fn name(&self, id: u64) -> &str {
        let named = self.named.iter().find(|(_, each)| *each == id);
        named.map_or("", |(name, _)| name.as_str())
    }

    fn messages(&self) -> String {
        let mut text = String::new();
        for (name, id) in &self.named {
            let described = &self.nodes[id];
            let Ok(node::Struct(body)) = described.node.which() else {
                continue;
            };
            let (words, pointers) = (body.get_data_word_count(), body.get_pointer_count());
            self.heading(&mut text, name, &described.comment);
            writeln!(
                text,
                "Data: {} bytes. Pointers: {pointers}.\n\n\
                 | # | field | type | at | meaning |\n|---:|---|---|---|---|",
                words * 8
            )
            .expect("memory");
            self.rows(&mut text, described, "");
            text.push('\n');
        }
        text.trim_end().to_owned() + "\n"
    }

    fn heading(&self, text: &mut String, name: &str, comment: &str) {
        write!(text, "### {name}\n\n").expect("memory");
        if !comment.is_empty() {
            write!(text, "{comment}\n\n").expect("memory");
        }
    }

    fn rows(&self, text: &mut String, described: &Described<'_>, prefix: &str) {
        let Ok(node::Struct(body)) = described.node.which() else {
            return;
        };
        if body.get_discriminant_count() > 0 {
            let at = body.get_discriminant_offset() * 2;
            let of = prefix.trim_end_matches('.');
            let of = if of.is_empty() { "the message" } else { of };
            writeln!(
                text,
                "|  |  | 16 bits | byte {at} | Which one of the fields marked \"one of\" {of} is. |"
            )
            .expect("memory");
        }
        let fields = body.get_fields().expect("fields").iter();
        let mut fields: Vec<_> = fields.zip(&described.member_comments).collect();
        fields.sort_by_key(|(field, _)| field.get_code_order());
        for (field, comment) in fields {
            self.row(text, field, comment, prefix);
        }
    }

    fn row(&self, text: &mut String, field: field::Reader<'_>, comment: &str, prefix: &str) {
        let name = field.get_name().expect("a name");
        let name = format!("{prefix}{}", name.to_str().expect("UTF-8"));
        let group = match field.which().expect("a known kind of field") {
            field::Group(group) => group,
            field::Slot(slot) => {
                let ordinal = match field.get_ordinal().which() {
                    Ok(field::ordinal::Explicit(ordinal)) => ordinal.to_string(),
                    Ok(field::ordinal::Implicit(())) | Err(_) => String::new(),
                };
                let kind = slot.get_type().expect("a type").which().expect("known");
                let place = place(&kind, slot.get_offset());
                let choice = match field.get_discriminant_value() {
                    NO_UNION => String::new(),
                    tag => format!("One of, {tag}. "),
                };
                let kind = self.type_name(&kind);
                writeln!(
                    text,
                    "| {ordinal} | `{name}` | {kind} | {place} | {choice}{comment} |"
                )
                .expect("memory");
                return;
            }
        };
        let described = &self.nodes[&group.get_type_id()];
        writeln!(text, "|  | `{name}` | group |  | {comment} |").expect("memory");
        self.rows(text, described, &format!("{name}."));
    }

    fn type_name(&self, kind: &type_::WhichReader<'_>) -> String {
        match kind {
            type_::Void(()) => "Void".to_owned(),
            type_::Bool(()) => "Bool".to_owned(),
            type_::Int64(()) => "Int64".to_owned(),
            type_::Uint8(()) => "UInt8".to_owned(),
            type_::Uint16(()) => "UInt16".to_owned(),
            type_::Uint32(()) => "UInt32".to_owned(),
            type_::Uint64(()) => "UInt64".to_owned(),
            type_::Text(()) => "Text".to_owned(),
            type_::List(list) => {
                let of = list.get_element_type().expect("a type");
                format!("List({})", self.type_name(&of.which().expect("known")))
            }
            type_::Enum(of) => self.name(of.get_type_id()).to_owned(),
            type_::Struct(of) => self.name(of.get_type_id()).to_owned(),
            _ => NAMELESS.to_owned(),
        }
    }

    fn codes(&self) -> String {
        let mut text = String::new();
        for (name, id) in &self.named {
            let described = &self.nodes[id];
            let Ok(node::Enum(body)) = described.node.which() else {
                continue;
            };
            self.heading(&mut text, name, &described.comment);
            text.push_str("| code | name | meaning |\n|---:|---|---|\n");
            let enumerants = body.get_enumerants().expect("enumerants").iter();
            for (code, (each, comment)) in enumerants.zip(&described.member_comments).enumerate() {
                let name = each.get_name().expect("a name");
                let name = name.to_str().expect("UTF-8");
                writeln!(text, "| {code} | `{name}` | {comment} |").expect("memory");
            }
            text.push('\n');
        }
        text.trim_end().to_owned() + "\n"
    }
}

/// Returns where in the struct a field stands.
fn place(kind: &type_::WhichReader<'_>, offset: u32) -> String {
    match kind {
        type_::Void(()) => "nowhere".to_owned(),
        type_::Bool(()) => format!("byte {}, bit {}", offset / 8, offset % 8),
        type_::Uint8(()) => format!("byte {offset}"),
        type_::Uint16(()) | type_::Enum(_) => format!("byte {}", offset * 2),
        type_::Uint32(()) => format!("byte {}", offset * 4),
        type_::Int64(()) | type_::Uint64(()) => format!("byte {}", offset * 8),
        _ => format!("pointer {offset}"),
    }
}
