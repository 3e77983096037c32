//! IEEE 1284 device IDs: `KEY:value;` pairs that name maker, model and more.

/// Returns the value of the first of these keys that is there and says something.
///
/// Keys are compared without regard to case; octets of a length in front of the first key are passed over.
pub(crate) fn value<'t>(id: &'t str, keys: &[&str]) -> Option<&'t str> {
    keys.iter().find_map(|key| {
        let mut pairs = id.split(';').filter_map(|pair| pair.split_once(':'));
        let is_key = |said: &str| said.trim_matches(|letter: char| !letter.is_ascii_alphanumeric()).eq_ignore_ascii_case(key);
        pairs.find(|(said, _)| is_key(said)).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    })
}

/// Returns maker and model in one text, as a description would say it.
pub(crate) fn maker_and_model(id: &str) -> Option<String> {
    let (maker, model) = (value(id, &["MFG", "MANUFACTURER"]), value(id, &["MDL", "MODEL"]));
    match (maker, model) {
        (Some(maker), Some(model))
            if model.len() >= maker.len() && model.get(..maker.len()).is_some_and(|head| head.eq_ignore_ascii_case(maker)) =>
        {
            Some(model.to_string())
        }
        (Some(maker), Some(model)) => Some(format!("{maker} {model}")),
        (maker, model) => maker.or(model).map(str::to_string),
    }
}
