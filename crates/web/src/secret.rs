//! Secrets: the scripts' token, and random codes.

use std::fmt;

use subtle::ConstantTimeEq;

use crate::error::WebError;

/// Characters in a code made by [`random_code`]: 4 bits each, so 128 bits of chance.
const CODE_CHARS: usize = 32;

/// The fewest characters a token may have, so that nobody can try them all.
const TOKEN_MIN_CHARS: usize = 32;

/// The most characters a token may have; longer is a wrong file, not a secret.
const TOKEN_MAX_CHARS: usize = 512;

/// The secret that scripts send as `Authorization: Bearer …`.
///
/// It is compared in constant time, and `Debug` never shows it.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A fresh random token of 128 bits, for a data directory that has none yet.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn generate() -> Result<Token, WebError> {
        random_code().map(Token)
    }

    /// The token in a file's text; white space around it is left out.
    ///
    /// # Errors
    /// When what is left is not 32 to 512 visible ASCII characters.
    pub fn parse(text: &str) -> Result<Token, WebError> {
        let secret = text.trim();
        let long_enough = (TOKEN_MIN_CHARS..=TOKEN_MAX_CHARS).contains(&secret.len());
        if long_enough && secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Token(secret.to_owned()))
        } else {
            Err(WebError::Token)
        }
    }

    /// The secret itself, to be written into a file of mode 0600 or sent in a header, and nowhere else.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Whether `candidate` is this token, in a time that depends only on the candidate's length.
    pub(crate) fn matches(&self, candidate: &str) -> bool {
        same_secret(&self.0, candidate)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Whether two secrets are equal, in a time that tells nothing about where they differ.
pub(crate) fn same_secret(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

/// 128 random bits from the system as 32 hexadecimal digits.
pub(crate) fn random_code() -> Result<String, WebError> {
    let mut bytes = [0_u8; CODE_CHARS / 2];
    getrandom::fill(&mut bytes).map_err(WebError::Chance)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_file_is_read_with_its_line_end_and_refused_when_it_is_no_secret() {
        let good = "0123456789abcdef0123456789abcdef";
        assert_eq!(Token::parse(&format!("{good}\n")).unwrap().secret(), good);
        for bad in ["", "short", &"x".repeat(513), "0123456789abcdef 0123456789abcdef"] {
            assert!(Token::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_token_matches_itself_alone_and_never_prints_itself() {
        let token = Token::generate().unwrap();
        let other = Token::generate().unwrap();
        assert!(token.matches(token.secret()));
        assert!(!token.matches(other.secret()));
        assert!(!token.matches(""));
        assert!(!token.matches(&token.secret()[1..]));
        assert!(!format!("{token:?}").contains(token.secret()));
    }
}
