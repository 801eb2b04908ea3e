//! Keys and region in the files that `aws configure` writes.

use crate::config::{Keys, Variables, usage};
use sqlc_runtime::error::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the files say about a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    name: String,
    entries: BTreeMap<String, String>,
    pub region: Option<String>,
}

/// The profile that `AWS_PROFILE` names, or the default one, which need not exist.
pub fn read(variables: Variables<'_>) -> Result<Profile> {
    let asked = variables("AWS_PROFILE").filter(|name| !name.is_empty());
    let name = asked.clone().unwrap_or_else(|| "default".to_owned());
    let file = |variable: &str, usual: &str| {
        let home = || variables("HOME").map(|home| Path::new(&home).join(usual));
        variables(variable).map(PathBuf::from).or_else(home)
    };
    let credentials = file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials");
    let config = file("AWS_CONFIG_FILE", ".aws/config");
    let mut entries = BTreeMap::new();
    let mut exists = false;
    // The file with credentials is read last, so that its keys count.
    for (path, section) in [(config, format!("profile {name}")), (credentials, name.clone())] {
        let text = match path.as_deref().map(std::fs::read_to_string) {
            None => continue,
            Some(Ok(text)) => text,
            Some(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Some(Err(error)) => {
                let path = path.unwrap_or_default();
                return Err(Error::new(ErrorKind::Permission, format!("cannot read {}: {error}", path.display())));
            }
        };
        let wanted = |found: &str| found == section || (name == "default" && found == "default");
        exists |= add_section(&text, &wanted, &mut entries);
    }
    if asked.is_some() && !exists {
        return Err(usage(&format!("AWS_PROFILE is '{name}', and there is no such profile")));
    }
    let region = entries.get("region").cloned();
    Ok(Profile { name, entries, region })
}

/// Adds the entries of one section; answers whether it is there. Indented lines belong to the entry above them and
/// say nothing about keys.
fn add_section(text: &str, wanted: &dyn Fn(&str) -> bool, entries: &mut BTreeMap<String, String>) -> bool {
    let mut inside = false;
    let mut exists = false;
    for line in text.lines() {
        if let Some(section) = line.trim().strip_prefix('[').and_then(|line| line.split(']').next()) {
            let section = section.split_whitespace().collect::<Vec<_>>().join(" ");
            inside = wanted(&section);
            exists |= inside;
        } else if inside
            && !line.starts_with([' ', '\t', '#', ';'])
            && let Some((name, value)) = line.split_once('=')
        {
            entries.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    exists
}

impl Profile {
    /// The keys of the profile, if it has any; an error if it gets them in a way that we do not know.
    pub fn keys(&self) -> Result<Option<Keys>> {
        let entry = |name: &str| self.entries.get(name).filter(|value| !value.is_empty()).cloned();
        if let (Some(access_key), Some(secret_key)) = (entry("aws_access_key_id"), entry("aws_secret_access_key")) {
            return Ok(Some(Keys { access_key, secret_key, session_token: entry("aws_session_token") }));
        }
        let others =
            ["sso_session", "sso_start_url", "role_arn", "credential_process", "credential_source", "login_session"];
        match others.iter().find(|name| entry(name).is_some()) {
            None => Ok(None),
            Some(other) => Err(usage(&format!(
                "the profile '{}' gets its credentials by {other}, which checkpoints in S3 do not know: put them into \
                 variables, with eval \"$(aws configure export-credentials --profile {} --format env)\"",
                self.name, self.name
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(credentials: &str, config: &str, name: Option<&str>) -> Result<Profile> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join(".aws")).unwrap();
        std::fs::write(dir.path().join(".aws/credentials"), credentials).unwrap();
        std::fs::write(dir.path().join(".aws/config"), config).unwrap();
        let home = dir.path().display().to_string();
        read(&|variable| match variable {
            "HOME" => Some(home.clone()),
            "AWS_PROFILE" => name.map(str::to_owned),
            _ => None,
        })
    }

    const CREDENTIALS: &str = "\
# keys
[default]
aws_access_key_id = DEFAULT
aws_secret_access_key=one=two

[work]
aws_access_key_id = WORK
aws_secret_access_key = secret
aws_session_token = token
";
    const CONFIG: &str = "\
[default]
region = eu-west-1
s3 =
    addressing_style = path
[profile   work]
region = us-west-2
[profile sso]
sso_session = corporate
";

    #[test]
    fn profiles_have_keys_and_regions() {
        let default = profile(CREDENTIALS, CONFIG, None).unwrap();
        assert_eq!(default.region.as_deref(), Some("eu-west-1"));
        let keys = default.keys().unwrap().unwrap();
        assert_eq!((keys.access_key.as_str(), keys.secret_key.as_str()), ("DEFAULT", "one=two"));
        let work = profile(CREDENTIALS, CONFIG, Some("work")).unwrap();
        assert_eq!(work.region.as_deref(), Some("us-west-2"));
        assert_eq!(work.keys().unwrap().unwrap().session_token.as_deref(), Some("token"));
        assert_eq!(profile("", "", None).unwrap().keys().unwrap(), None);
    }

    #[test]
    fn what_a_profile_lacks_is_said() {
        let error = profile(CREDENTIALS, CONFIG, Some("home")).unwrap_err();
        assert_eq!(error.to_string(), "AWS_PROFILE is 'home', and there is no such profile");
        let sso = profile(CREDENTIALS, CONFIG, Some("sso")).unwrap().keys().unwrap_err().to_string();
        assert!(sso.starts_with("the profile 'sso' gets its credentials by sso_session, which"), "{sso}");
    }
}
