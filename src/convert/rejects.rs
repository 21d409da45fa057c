//! Records that could not become rows, as one object a batch.

use super::batch::{BatchObject, Content};
use crate::json::write_string;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;

/// One line a record: where it was, the code of why it is here, and its delivered bytes:
/// `record` is the record's own text, `record_base64` its bytes where they are not UTF-8.
pub(crate) fn rejects_document(objects: &[BatchObject]) -> Bytes {
    let mut out = String::new();
    for object in objects {
        let Content::Rows(content) = &object.content else {
            continue;
        };
        for &index in &content.reject_indexes {
            let reject = content.rows.reject(index as usize);
            out.push_str("{\"source\":");
            write_string(&mut out, &object.object.address);
            out.push_str(",\"sourcefile\":");
            write_string(&mut out, content.rows.source());
            out.push_str(&format!(",\"index\":{},\"code\":", reject.index()));
            write_string(&mut out, reject.reason().code());
            match std::str::from_utf8(reject.bytes()) {
                Ok(text) => {
                    out.push_str(",\"record\":");
                    write_string(&mut out, text);
                }
                Err(_) => {
                    out.push_str(",\"record_base64\":");
                    write_string(&mut out, &STANDARD.encode(reject.bytes()));
                }
            }
            out.push_str("}\n");
        }
    }
    Bytes::from(out)
}
