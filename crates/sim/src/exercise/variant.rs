//! Variants: for each student a problem of their own, from a key that the teacher keeps.
//!
//! ```text
//!   message = "ramscope variant 1" 00 topic 00 seed in decimal digits 00 student in UTF-8
//!   digest  = HMAC-SHA-256(course key, message)
//!   variant = its first 8 bytes, big endian: the seed of the dice
//! ```
//!
//! The first three parts of a message hold no zero byte, so no two requests share one. Without a student the last part
//! is empty and so is the key: everyone gets the same problem. Without a key the variants differ, and anyone can
//! compute them. White space around the student's name does not count; everything else of it does, letter case too.
//! This construction is fixed: a teacher gets the same variants next year.
//!
//! A key protects which variant is whose, not the answers: whoever holds a problem can have it solved.
//!
//! Sources: RFC 2104 (HMAC), FIPS 180-4 (SHA-256); the generator in [`Dice`](super::Dice).

use std::collections::HashSet;
use std::fmt;

use sha2::{Digest as _, Sha256};

use super::Error;

/// The most bytes of a course key.
pub const KEY_MAX_BYTES: usize = 1024;

/// The most bytes of a student's name.
pub const STUDENT_MAX_BYTES: usize = 200;

/// Bytes of SHA-256's block, to which HMAC fills a key up.
const BLOCK: usize = 64;

/// What is hashed first: the construction and its version.
const CONSTRUCTION: &[u8] = b"ramscope variant 1";

/// A secret of a course. It is never printed, not even by `{:?}`.
#[derive(Clone, PartialEq, Eq)]
pub struct CourseKey(Vec<u8>);

impl CourseKey {
    /// The key in these bytes; white space at their end, such as a file's last line end, does not count.
    ///
    /// # Errors
    /// [`Error::Identity`] for an empty key and one of more than [`KEY_MAX_BYTES`].
    pub fn new(bytes: &[u8]) -> Result<CourseKey, Error> {
        match bytes.trim_ascii_end() {
            [] => Err(Error::Identity("the course key is empty: use some random words, or no key")),
            key if key.len() > KEY_MAX_BYTES => {
                Err(Error::Identity("the course key has more than 1024 bytes: use a shorter one"))
            }
            key => Ok(CourseKey(key.to_vec())),
        }
    }
}

impl fmt::Debug for CourseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CourseKey(…)")
    }
}

/// A student's name, number or address, as the teacher writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Student(String);

impl Student {
    /// The student of this name.
    ///
    /// # Errors
    /// [`Error::Identity`] for an empty name, one of more than [`STUDENT_MAX_BYTES`], and one with control characters.
    pub fn new(name: &str) -> Result<Student, Error> {
        match name.trim() {
            "" => Err(Error::Identity("the student's name is empty: give a name or a number")),
            name if name.len() > STUDENT_MAX_BYTES => {
                Err(Error::Identity("the student's name has more than 200 bytes: shorten it"))
            }
            name if name.chars().any(char::is_control) => {
                Err(Error::Identity("the student's name holds a control character: leave it out"))
            }
            name => Ok(Student(name.to_owned())),
        }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// The students of these names, in their order, each of them once.
///
/// # Errors
/// The place of the first name, from 0, that cannot be used or stands there twice, and why.
pub fn classmates<'a>(
    names: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Student>, (usize, Error)> {
    let mut students: Vec<Student> = Vec::new();
    let mut seen = HashSet::new();
    for (index, name) in names.into_iter().enumerate() {
        let student = Student::new(name).map_err(|error| (index, error))?;
        if !seen.insert(student.0.clone()) {
            return Err((index, Error::Twice(student.0)));
        }
        students.push(student);
    }
    Ok(students)
}

/// Which problem of a topic is meant.
#[derive(Debug, Clone)]
pub struct Variant<'a> {
    /// The number of the exercise.
    pub seed: u64,
    /// Whose variant; `None` is the one that all share.
    pub student: Option<&'a Student>,
    /// The secret of the course; it counts only with a student.
    pub key: Option<&'a CourseKey>,
}

impl Variant<'_> {
    /// The seed of this variant's dice.
    pub fn dice_seed(&self, topic: &str) -> u64 {
        let student = self.student.map_or("", Student::name);
        let key = self.student.and(self.key).map_or(&[][..], |key| &key.0);
        let seed = self.seed.to_string();
        let message =
            [CONSTRUCTION, topic.as_bytes(), seed.as_bytes(), student.as_bytes()].join(&0);
        let digest = hmac_sha256(key, &message);
        digest.iter().take(8).fold(0, |seed, &byte| seed << 8 | u64::from(byte))
    }

    /// Whether anyone can compute this variant who knows the exercise's number and the student's name.
    pub fn is_open(&self) -> bool {
        self.student.is_some() && self.key.is_none()
    }
}

/// HMAC with SHA-256 (RFC 2104): H(key ⊕ opad ‖ H(key ⊕ ipad ‖ message)), the key hashed where it is longer than a
/// block and filled up with zeros.
fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let keyed = |pad: u8, rest: &[u8]| -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(block.map(|byte| byte ^ pad));
        hash.update(rest);
        hash.finalize().into()
    };
    keyed(0x5c, &keyed(0x36, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cases 1, 2 and 6 of RFC 4231.
    #[test]
    fn the_digests_are_those_of_the_rfc() {
        for (key, message, digest) in [
            (
                vec![0x0b; 20],
                "Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe".to_vec(),
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                vec![0xaa; 131],
                "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            let found: String = hmac_sha256(&key, message.as_bytes())
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            assert_eq!(found, digest, "{message}");
        }
    }

    /// These numbers are promised: whoever changes them changes every exercise that was ever handed out.
    #[test]
    fn a_variant_is_the_same_next_year() {
        let key = CourseKey::new(b"correct horse battery staple\n").unwrap();
        let student = Student::new(" Ada Lovelace ").unwrap();
        let seed = |student: Option<&Student>, key: Option<&CourseKey>| {
            Variant { seed: 7, student, key }.dice_seed("paging")
        };
        let (own, open) = (seed(Some(&student), Some(&key)), seed(Some(&student), None));
        let shared = seed(None, None);
        assert_eq!(own, 3_956_476_660_258_605_976);
        assert_eq!(open, 15_376_240_660_286_259_116);
        assert_eq!(shared, 2_648_891_007_642_167_414);
        assert_eq!(shared, seed(None, Some(&key)));
    }

    #[test]
    fn keys_are_not_shown_and_nonsense_is_refused() {
        let key = CourseKey::new(b"secret").unwrap();
        assert_eq!(format!("{key:?}"), "CourseKey(…)");
        assert!(CourseKey::new(b" \n").is_err() && CourseKey::new(&[b'x'; 1025]).is_err());
        for name in ["", " ", "a\nb", &"x".repeat(201)] {
            assert!(Student::new(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_class_has_each_student_once_and_names_the_place_of_what_is_wrong() {
        let names = |class: &[&str]| classmates(class.iter().copied());
        let class = names(&["Ada", " Bob ", "ada"]).unwrap();
        assert_eq!(class.iter().map(Student::name).collect::<Vec<_>>(), ["Ada", "Bob", "ada"]);
        assert_eq!(names(&["Ada", "Bob", "Ada "]), Err((2, Error::Twice("Ada".to_owned()))));
        assert!(matches!(names(&["Ada", ""]), Err((1, Error::Identity(_)))));
    }
}
