//! The questions: the files of `queries/`, one a question.

use strsim::levenshtein;

/// `theme/name` of each file, in the order of listing, and its text.
const FILES: &[(&str, &str)] = {
    macro_rules! pack {
        ($($path:literal)*) => {
            &[$(($path, include_str!(concat!("../../queries/", $path, ".sql")))),*]
        };
    }
    pack![
        "accounts/account-activity"
        "accounts/calls-by-aws-services"
        "accounts/cross-account-access"
        "accounts/first-change-in-region"
        "accounts/identity-types"
        "accounts/organization-changes"
        "accounts/regions-used"
        "accounts/root-use"
        "accounts/users-against-roles"
        "console-logins/console-logins-without-mfa"
        "console-logins/failed-console-logins"
        "console-logins/failed-console-logins-by-user"
        "console-logins/identity-center-logins"
        "console-logins/logins-after-failures"
        "console-logins/role-switches"
        "console-logins/successful-console-logins"
        "errors/access-denied-by-identity"
        "errors/access-denied-messages"
        "errors/errors-by-code"
        "errors/errors-by-hour"
        "errors/errors-by-identity"
        "errors/errors-by-region"
        "errors/errors-by-service"
        "errors/throttled-calls"
        "iam/access-key-changes"
        "iam/admin-rights-granted"
        "iam/failed-assume-role"
        "iam/federated-logins"
        "iam/github-actions"
        "iam/identity-center-users"
        "iam/long-lived-keys"
        "iam/policy-changes"
        "iam/secrets-read"
        "iam/top-assume-role-callers"
        "iam/trust-policy-changes"
        "iam/user-changes"
        "iam/who-assumed-role"
        "incident/access-key-activity"
        "incident/access-key-timeline"
        "incident/instance-credentials"
        "incident/ip-activity"
        "incident/keys-from-many-addresses"
        "incident/made-with-access-key"
        "incident/monitoring-disabled"
        "incident/probing"
        "incident/remote-commands"
        "incident/role-session-activity"
        "incident/shared-outside"
        "incident/user-activity"
        "kms/decrypts-by-identity"
        "kms/failed-calls"
        "kms/key-deletions"
        "kms/key-policies-and-grants"
        "kms/key-use"
        "network/changes-of-security-group"
        "network/dns-changes"
        "network/network-changes"
        "network/ports-open-to-world"
        "network/public-databases"
        "network/security-group-changes"
        "network/vpc-endpoint-denials"
        "network/who-opened-port"
        "operations/busiest-identities"
        "operations/changes-by-identity"
        "operations/client-programs"
        "operations/deletions"
        "operations/deployments"
        "operations/events-by-action"
        "operations/events-by-hour"
        "operations/events-by-region"
        "operations/events-by-service"
        "operations/insights"
        "operations/tls-versions"
        "s3/access-denied"
        "s3/anonymous-access"
        "s3/bucket-activity"
        "s3/bucket-changes"
        "s3/bytes-by-bucket"
        "s3/bytes-out-by-ip"
        "s3/object-deletions"
        "s3/object-reads"
        "s3/opened-to-public"
        "s3/write-encryption"
        "who-made/accounts-created"
        "who-made/instances-started"
        "who-made/new-resources"
        "who-made/who-created-access-key"
        "who-made/who-created-account"
        "who-made/who-created-instance"
        "who-made/who-created-role"
        "who-made/who-created-security-group"
        "who-made/who-created-user"
        "who-made/who-got-session-key"
        "who-made/who-made-bucket"
    ]
};

/// A question and the SQL that answers it on a table `cloudtrail`, over the last days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// What it is about; the folder of its file.
    pub theme: &'static str,
    /// Unique among all themes.
    pub name: &'static str,
    pub(super) text: &'static str,
}

/// What the asker may set; the SQL has an example in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Lower case, with `_`.
    pub name: &'static str,
    /// The text that stands for it in the SQL's literals.
    pub example: &'static str,
}

impl Question {
    /// What is asked, in one line.
    pub fn question(&self) -> &'static str {
        let line = self.text.lines().next().unwrap_or_default();
        line.trim_start_matches("-- ")
    }

    /// What may be set.
    pub fn parameters(&self) -> Vec<Parameter> {
        self.text.lines().skip(1).map_while(parameter).collect()
    }

    /// The SQL below the question and the parameters.
    pub(super) fn body(&self) -> &'static str {
        let head = 1 + self.parameters().len();
        let length: usize = self
            .text
            .split_inclusive('\n')
            .take(head)
            .map(str::len)
            .sum();
        &self.text[length..]
    }
}

/// `-- name: example`
fn parameter(line: &'static str) -> Option<Parameter> {
    let (name, example) = line.strip_prefix("-- ")?.split_once(": ")?;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let named = name.chars().all(fits) && !name.is_empty() && !example.is_empty();
    named.then_some(Parameter { name, example })
}

/// All questions, theme by theme.
pub fn questions() -> impl Iterator<Item = Question> {
    FILES.iter().map(|&(path, text)| {
        let (theme, name) = path.split_once('/').unwrap_or(("", path));
        Question { theme, name, text }
    })
}

/// The question of that name.
pub fn question(name: &str) -> Option<Question> {
    questions().find(|question| question.name == name)
}

/// The questions of a theme; none, if there is no such theme.
pub fn of_theme(theme: &str) -> Vec<Question> {
    questions().filter(|one| one.theme == theme).collect()
}

/// Names like one that no question has, the likeliest first.
pub fn nearest(wrong: &str) -> Vec<&'static str> {
    let mut near: Vec<(usize, &str)> = questions()
        .map(|question| (distance(wrong, question.name), question.name))
        .collect();
    near.sort_unstable();
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// How unlike two names are: the edits between those of their words that are likest.
fn distance(wrong: &str, name: &str) -> usize {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        words
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect()
    };
    let names = words(name);
    let by_words: usize = words(wrong)
        .iter()
        .map(|word| {
            let edits = names.iter().map(|other| levenshtein(word, other));
            edits.min().unwrap_or(word.len())
        })
        .sum();
    // Among names that share as many words the shortest is likest.
    by_words * 100 + name.len()
}

#[cfg(test)]
mod tests {
    use super::super::sql::{Kind, pieces, scans};
    use super::*;
    use std::collections::BTreeSet;
    use std::{fs, path::Path};

    #[test]
    fn the_list_names_each_file_of_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries");
        let mut files = Vec::new();
        for theme in fs::read_dir(&folder).unwrap() {
            let theme = theme.unwrap().path();
            for file in fs::read_dir(&theme).unwrap() {
                let file = file.unwrap().path().with_extension("");
                let path = file.strip_prefix(&folder).unwrap();
                files.push(path.to_str().unwrap().to_owned());
            }
        }
        files.sort();
        let listed: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        assert_eq!(listed, files, "FILES of pack.rs should list:\n{}", {
            let lines: Vec<String> = files.iter().map(|f| format!("        {f:?}")).collect();
            lines.join("\n")
        });
    }

    #[test]
    fn names_are_kebab_case_and_unique() {
        let mut names = BTreeSet::new();
        for question in questions() {
            for name in [question.theme, question.name] {
                let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                assert!(!name.is_empty() && name.chars().all(fits), "{name}");
            }
            assert!(names.insert(question.name), "{}", question.name);
        }
    }

    #[test]
    fn each_file_keeps_the_rules_that_filling_relies_on() {
        for question in questions() {
            let Question { name, text, .. } = question;
            assert!(text.starts_with("-- "), "{name} begins with its question");
            assert!(question.question().ends_with('?'), "{name}: a question");
            assert!(text.ends_with('\n'), "{name} ends with a line");
            let body = question.body();
            assert!(
                !body.trim_end().ends_with(';'),
                "{name} is without semicolon"
            );
            let words = pieces(body)
                .unwrap()
                .iter()
                .filter(|(kind, _)| *kind == Kind::Code)
                .flat_map(|(_, code)| {
                    code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                })
                .filter(|word| word.eq_ignore_ascii_case("cloudtrail"))
                .count();
            let scans = scans(body).len();
            assert!(
                scans > 0 && scans == words,
                "{name}: each scan has its filter"
            );
            let mut examples: Vec<&str> = Vec::new();
            for Parameter {
                name: parameter,
                example,
            } in question.parameters()
            {
                let stands = pieces(body)
                    .unwrap()
                    .iter()
                    .any(|(kind, literal)| *kind == Kind::Literal && literal.contains(example));
                assert!(stands, "{name}: {parameter} stands in a literal");
                let apart = |other: &&str| !other.contains(example) && !example.contains(*other);
                assert!(examples.iter().all(apart), "{name}: examples are apart");
                examples.push(example);
            }
        }
    }

    #[test]
    fn a_wrong_name_is_told_from_near_ones() {
        assert_eq!(levenshtein("kitten", "sitting"), 3);
        assert_eq!(levenshtein("", "abc"), 3);
        assert_eq!(levenshtein("abc", "abc"), 0);
        for question in questions() {
            let mut wrong = question.name.to_owned();
            wrong.pop();
            assert_eq!(nearest(&wrong).first(), Some(&question.name), "{wrong}");
        }
    }
}
