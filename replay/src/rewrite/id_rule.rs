//! Which answers bring an id that the target gave anew.

use traffic_archive::Exchange;

use super::RewriteError;
use super::file;
use super::place::Place;
use super::template;

/// Which answers bring an id, and where later requests use it.
#[derive(Debug)]
pub(super) struct IdRule {
    pub(super) name: String,
    method: String,
    /// `*` stands for any segment.
    segments: Vec<String>,
    pub(super) recorded: Place,
    pub(super) answered: Place,
    pub(super) used: Vec<Place>,
}

impl IdRule {
    pub(super) fn new(ids: file::Ids) -> Result<Self, RewriteError> {
        let file::Ids { name, on, recorded, answered, used } = ids;
        let wrong = || RewriteError::Template {
            text: on.clone(),
            reason: "expected a method and a path, such as POST /api/orders/*".to_owned(),
        };
        let (method, path) = on.split_once(' ').ok_or_else(wrong)?;
        if !path.trim().starts_with('/') || method.contains(char::is_lowercase) {
            return Err(wrong());
        }
        let segments = path.trim().split('/').map(str::to_owned).collect();
        recorded.check_in_answer("ids.recorded")?;
        used.iter().try_for_each(|place| place.check_in_request("ids.used"))?;
        let answered = answered.unwrap_or_else(|| recorded.clone());
        answered.check_in_answer("ids.answered")?;
        Ok(Self { name, method: method.to_owned(), segments, recorded, answered, used })
    }

    /// Whether the answer to this request brings such an id.
    pub(super) fn begins_with(&self, request: &Exchange) -> bool {
        let (path, _) = template::split(&request.path);
        let mut segments = path.split('/');
        let mut expected = self.segments.iter();
        request.method == self.method
            && expected.all(|expected| {
                segments.next().is_some_and(|segment| expected == "*" || expected == segment)
            })
            && segments.next().is_none()
    }
}
