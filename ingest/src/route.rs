//! Which requests there are.

use http::Method;

use counterfoil_service::config::EndpointConfig;

/// The path of the endpoint without a name; `/{endpoint}` may follow.
const PATH: &str = "/webhooks/stripe";

/// What a request's line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    /// A delivery to the endpoint of this name, which may not exist.
    Delivery(&'a str),
    /// A delivery's path with another method than POST.
    WrongMethod,
    /// Nothing that is served here.
    Unknown,
}

/// Reads the route from a request's method and path.
pub(crate) fn route<'a>(method: &Method, path: &'a str) -> Route<'a> {
    let name = match path.strip_prefix(PATH) {
        Some("") => EndpointConfig::DEFAULT_NAME,
        Some(rest) => match rest.strip_prefix('/') {
            Some(name) if !name.is_empty() && !name.contains('/') => name,
            _ => return Route::Unknown,
        },
        None => return Route::Unknown,
    };
    if *method == Method::POST { Route::Delivery(name) } else { Route::WrongMethod }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_methods() {
        for (method, path, expected) in [
            (Method::POST, "/webhooks/stripe", Route::Delivery("stripe")),
            (Method::POST, "/webhooks/stripe/stripe", Route::Delivery("stripe")),
            (Method::POST, "/webhooks/stripe/thin", Route::Delivery("thin")),
            (Method::GET, "/webhooks/stripe", Route::WrongMethod),
            (Method::PUT, "/webhooks/stripe/thin", Route::WrongMethod),
            (Method::POST, "/webhooks/stripe/", Route::Unknown),
            (Method::POST, "/webhooks/stripe/thin/", Route::Unknown),
            (Method::POST, "/webhooks/stripes", Route::Unknown),
            (Method::POST, "/webhooks", Route::Unknown),
            (Method::GET, "/", Route::Unknown),
            (Method::POST, "*", Route::Unknown),
        ] {
            assert_eq!(route(&method, path), expected, "{method} {path}");
        }
    }
}
