//! What is in the table's place beside its lanes.

use super::finding::{Finding, FindingKind};
use super::verifier::Verifier;
use crate::failure::Failure;
use crate::files::is_data;
use crate::lane::Lane;
use crate::ledger::{
    LedgerError, REJECTS_FOLDER, check_format, check_format_document, ledger_lanes,
};
use std::collections::BTreeSet;

/// Checks the ledger's format, and gives every lane that the ledger, the table or the rejects
/// know, of those asked for.
pub(super) async fn find_lanes(verifier: &Verifier) -> Result<BTreeSet<Lane>, Failure> {
    let destination = &verifier.destination;
    let known = ledger_lanes(destination).await;
    let known = known.map_err(Failure::of_all_lanes)?;
    for url in known.strays {
        let (kind, found) = (FindingKind::StrayDocument, "something else".to_owned());
        find(verifier, kind, url, "folders of lanes", found);
    }
    let mut lanes: BTreeSet<Lane> = known.lanes.into_iter().collect();
    let of_ledger = lanes.len();
    for root in ["", REJECTS_FOLDER] {
        let top = destination.list_dir(root).await?;
        for entry in top.entries.iter().filter(|entry| is_data(&entry.key)) {
            foreign(verifier, &entry.key);
        }
        for account in top.prefixes {
            if account.starts_with('_') && root.is_empty() {
                continue;
            }
            let inner = destination.list_dir(&account).await?;
            for entry in inner.entries.iter().filter(|entry| is_data(&entry.key)) {
                foreign(verifier, &entry.key);
            }
            for region in inner.prefixes {
                let path = region.strip_prefix(root).unwrap_or(&region);
                match Lane::parse_path(path) {
                    Some(lane) => _ = lanes.insert(lane),
                    None => foreign(verifier, &region),
                }
            }
        }
    }
    check_ledger(verifier, of_ledger > 0 || !lanes.is_empty()).await?;
    lanes.retain(|lane| verifier.options.scope.lanes.has(lane));
    Ok(lanes)
}

/// The format of the ledger, and what lies at its top.
async fn check_ledger(verifier: &Verifier, has_lanes: bool) -> Result<(), Failure> {
    let destination = &verifier.destination;
    for checked in [
        check_format(destination).await,
        check_format_document(destination, has_lanes).await,
    ] {
        match checked {
            Ok(()) => {}
            Err(LedgerError::Missing { url, evidence }) => {
                let kind = FindingKind::MissingDocument;
                find(verifier, kind, url, "the ledger's format", evidence);
                break;
            }
            Err(LedgerError::Damaged { url, why }) => {
                find(
                    verifier,
                    FindingKind::DamagedDocument,
                    url,
                    "the ledger's format",
                    why,
                );
            }
            Err(error) => return Err(Failure::of_all_lanes(error)),
        }
    }
    Ok(())
}

fn foreign(verifier: &Verifier, key: &str) {
    let (url, found) = (verifier.destination.url(key), "something else".to_owned());
    let expected = "folders of accounts and regions";
    find(verifier, FindingKind::ForeignFile, url, expected, found);
}

fn find(verifier: &Verifier, kind: FindingKind, url: String, expected: &str, found: String) {
    verifier.find(Finding {
        lane: None,
        date: None,
        url,
        kind,
        expected: expected.to_owned(),
        found,
    });
}
