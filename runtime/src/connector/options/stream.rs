//! What the options of a Kinesis table are together: read here for the compiler and for the connector alike, which lives
//! in a crate of its own.

use super::{Options, Problem};

/// Where a stream is, as far as its table says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    pub stream: &'a str,
    pub arn: Option<&'a str>,
    /// That of the ARN, if no option says it; the environment's if `None`.
    pub region: Option<&'a str>,
    pub endpoint: Option<&'a str>,
}

/// Reads where the stream is.
pub fn place(options: &Options) -> Result<Place<'_>, Problem> {
    let (stream, arn, arn_region) = stream(options)?;
    let region = match (options.text("aws.region"), arn_region) {
        (Some(option), Some(arn)) if option != arn => {
            let message = format!("'aws.region' is '{option}' but the ARN of the stream says '{arn}'");
            return Err(Problem::bad("aws.region", message).help("drop 'aws.region'"));
        }
        (option, arn) => option.or(arn),
    };
    if region.is_some_and(|region| region.trim().is_empty()) {
        return Err(Problem::bad("aws.region", "option 'aws.region' is empty"));
    }
    let endpoint = options.text("aws.endpoint").map(str::trim);
    if let Some(url) = endpoint
        && !(url.starts_with("http://") || url.starts_with("https://"))
    {
        let message = format!("option 'aws.endpoint' is '{url}', expected a URL such as 'http://127.0.0.1:4567'");
        return Err(Problem::bad("aws.endpoint", message));
    }
    if options.text("aws.trust.all.certificates").is_some_and(|all| all.trim().eq_ignore_ascii_case("true")) {
        let message =
            "'aws.trust.all.certificates' = 'true' is not supported: certificates are always checked".to_owned();
        return Err(Problem::unsupported("aws.trust.all.certificates", message)
            .help("a local service can be reached with http:// in 'aws.endpoint'"));
    }
    Ok(Place { stream, arn, region, endpoint })
}

/// The name of the stream, its ARN, and the region in it.
fn stream(options: &Options) -> Result<(&str, Option<&str>, Option<&str>), Problem> {
    let name = match (options.text("stream"), options.text("stream.arn")) {
        (Some(_), Some(_)) => {
            let message = "'stream' and 'stream.arn' both name the stream";
            return Err(Problem::bad("stream", message).help("keep one of them"));
        }
        (None, None) => {
            let message = "option 'stream' (a name) or 'stream.arn' is missing";
            return Err(Problem::missing("connector", message).help("add 'stream' = '...'"));
        }
        (None, Some(arn)) => {
            // arn:aws:kinesis:eu-west-1:123456789012:stream/name
            let mut parts = arn.split(':');
            let found = match [(); 6].map(|()| parts.next()) {
                [Some("arn"), Some(_), Some("kinesis"), Some(region), Some(_), Some(resource)]
                    if !region.is_empty() && parts.next().is_none() =>
                {
                    resource.strip_prefix("stream/").filter(|name| is_stream_name(name)).map(|name| (name, region))
                }
                _ => None,
            };
            let Some((name, region)) = found else {
                let message =
                    format!("option 'stream.arn' is '{arn}', expected 'arn:aws:kinesis:REGION:ACCOUNT:stream/NAME'");
                return Err(Problem::bad("stream.arn", message));
            };
            return Ok((name, Some(arn), Some(region)));
        }
        (Some(name), None) => name,
    };
    if name.starts_with("arn:") {
        let message = format!("option 'stream' is '{name}', an ARN");
        return Err(Problem::bad("stream", message).help("write it as 'stream.arn'"));
    }
    if !is_stream_name(name) {
        let message = format!("option 'stream' is '{name}', expected 1 to 128 letters, digits, '_', '.' or '-'");
        return Err(Problem::bad("stream", message));
    }
    Ok((name, None, None))
}

fn is_stream_name(name: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    (1..=128).contains(&name.len()) && name.bytes().all(legal)
}

/// PARTITIONED BY decides the partition key of a stream: no other partitioner can.
pub fn partitioner(options: &Options, is_partitioned: bool) -> Option<Problem> {
    (is_partitioned && options.text("sink.partitioner").is_some()).then(|| {
        Problem::bad("sink.partitioner", "a table that is PARTITIONED BY takes no 'sink.partitioner'")
            .help("leave out the option or PARTITIONED BY")
    })
}

/// Only polling is there.
pub fn enhanced_fan_out(options: &Options) -> Option<Problem> {
    let names = ["source.reader.type", "scan.stream.recordpublisher"];
    let is_chosen = |name: &&str| options.text(name).is_some_and(|value| value.trim().eq_ignore_ascii_case("EFO"));
    let name = names.into_iter().find(is_chosen)?;
    let message = format!("'{name}' = 'EFO': EFO (enhanced fan-out) is not supported yet");
    Some(Problem::unsupported(name, message).help("use POLLING"))
}

/// Records are never put together into one.
pub fn aggregation(options: &Options) -> Option<Problem> {
    let name = "sink.producer.aggregation-enabled";
    options.text(name).is_some_and(|value| value.trim().eq_ignore_ascii_case("true")).then(|| {
        Problem::unsupported(name, format!("'{name}' = 'true': aggregating records is not supported"))
            .help("leave it out")
    })
}
