//! Searchable words: the same for every database, so that the same text finds the same orders.
//!
//! A word is a run of letters and digits of any script, in lower case, without accents. Whatever
//! stands between words is no word, so a text that is searched for can hold no query syntax.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};

use order_domain::purchase::Customer;

/// The most words of one order that can be found. Further ones are left out.
pub const ROW_WORDS_MAX: usize = 64;

/// The most words of one search. Further ones are passed over.
pub const QUERY_WORDS_MAX: usize = 12;

/// How much of a word counts, in characters. Words that begin with the same so many are the same.
pub const WORD_CHARS_MAX: usize = 40;

/// The words under which `customer`'s orders are found: those of both names and of the e-mail
/// address, split up. No word twice.
pub fn words_of(customer: &Customer) -> Vec<String> {
    let mut found: Vec<String> = Vec::with_capacity(8);
    for text in [&customer.name, &customer.last_name, &customer.email] {
        for word in words(text) {
            if found.len() == ROW_WORDS_MAX {
                return found;
            }
            if !found.contains(&word) {
                found.push(word);
            }
        }
    }
    found
}

/// The beginnings of words that a search for `text` asks for. Empty where `text` has no letter and
/// no digit. A word that only repeats the beginning of another asks for nothing more: left out.
pub fn prefixes_of(text: &str) -> Vec<String> {
    let mut asked: Vec<String> = Vec::new();
    for word in words(text).into_iter().take(QUERY_WORDS_MAX) {
        if asked.iter().any(|other| other.starts_with(&word)) {
            continue;
        }
        asked.retain(|other| !word.starts_with(other.as_str()));
        asked.push(word);
    }
    asked
}

/// The words of `text`, in order.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Words::default();
    if text.is_ascii() {
        for character in text.chars() {
            words.push(character.to_ascii_lowercase());
        }
    } else {
        // Decomposed a second time, because lower case may bring new accents (as for U+0130).
        for character in text.nfkd().flat_map(char::to_lowercase).nfkd() {
            push_folded(&mut words, character);
        }
    }
    words.end();
    words.found
}

fn push_folded(words: &mut Words, character: char) {
    match character {
        'ß' => words.push_all("ss"),
        'æ' => words.push_all("ae"),
        'œ' => words.push_all("oe"),
        'þ' => words.push_all("th"),
        'ø' => words.push('o'),
        'ł' => words.push('l'),
        'đ' | 'ð' => words.push('d'),
        'ħ' => words.push('h'),
        'ı' => words.push('i'),
        'ς' => words.push('σ'),
        // The iota below a Greek letter is a letter of its own in capitals.
        '\u{345}' => words.push('ι'),
        _ if is_accent(character) => {}
        _ => words.push(character),
    }
}

/// Whether the mark only decorates its letter. Classes 7, 8 and 9 (nukta, kana voicing, virama) make
/// another letter of it, and marks of class 0 are vowels. Source: Unicode Standard, table 4-3.
fn is_accent(character: char) -> bool {
    is_combining_mark(character) && !matches!(canonical_combining_class(character), 0 | 7 | 8 | 9)
}

#[derive(Default)]
struct Words {
    found: Vec<String>,
    current: String,
    current_chars: usize,
}

impl Words {
    fn push(&mut self, character: char) {
        if !character.is_alphanumeric() && !is_combining_mark(character) {
            self.end();
        } else if self.current_chars < WORD_CHARS_MAX {
            self.current.push(character);
            self.current_chars += 1;
        }
    }

    fn push_all(&mut self, text: &str) {
        text.chars().for_each(|character| self.push(character));
    }

    fn end(&mut self) {
        if !self.current.is_empty() {
            self.found.push(std::mem::take(&mut self.current));
            self.current_chars = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accents_case_and_punctuation_do_not_matter() {
        for (text, expected) in [
            ("Ada LOVELACE", vec!["ada", "lovelace"]),
            ("ada.lovelace+shop@example.com", vec!["ada", "lovelace", "shop", "example", "com"]),
            ("Müller Muller", vec!["muller", "muller"]),
            ("Großmann GROSSMANN", vec!["grossmann", "grossmann"]),
            ("Łukasz Đorđe Bjørn Æsir", vec!["lukasz", "dorde", "bjorn", "aesir"]),
            ("İstanbul ISTANBUL ıstanbul", vec!["istanbul", "istanbul", "istanbul"]),
            ("O'Neill-Smith", vec!["o", "neill", "smith"]),
            ("Οδυσσεύς ΟΔΥΣΣΕΥΣ", vec!["οδυσσευσ", "οδυσσευσ"]),
            ("ﬁn ℌ ２", vec!["fin", "h", "2"]),
            ("\"x\" OR 1=1; --%*", vec!["x", "or", "1", "1"]),
            ("", vec![]),
            ("%_*\"'():^-+~ \u{0}", vec![]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn letters_that_marks_make_stay_apart() {
        assert_ne!(words("が"), words("か"));
        assert_eq!(words("कि").len(), 1);
        assert_ne!(words("कि"), words("क"));
    }

    #[test]
    fn a_search_keeps_only_the_words_that_ask_for_more() {
        assert_eq!(prefixes_of("jo john jo"), ["john"]);
        assert_eq!(prefixes_of("john smith"), ["john", "smith"]);
        assert_eq!(prefixes_of("... !"), Vec::<String>::new());
        let many: Vec<String> = (100..200).map(|number| number.to_string()).collect();
        assert_eq!(prefixes_of(&many.join(" ")).len(), QUERY_WORDS_MAX);
    }

    #[test]
    fn the_words_of_a_row_are_bounded() {
        let many: Vec<String> = (100..200).map(|number| number.to_string()).collect();
        let customer = Customer {
            id: order_domain::CustomerId(1),
            name: "Ada ada ADA".to_owned(),
            last_name: many.join(" "),
            email: "x".repeat(WORD_CHARS_MAX * 2),
        };
        let found = words_of(&customer);
        assert_eq!(found.len(), ROW_WORDS_MAX);
        assert_eq!(&found[..2], ["ada", "100"]);
        assert_eq!(words(&customer.email), ["x".repeat(WORD_CHARS_MAX)]);
    }

    proptest! {
        #[test]
        fn words_hold_nothing_but_letters_digits_and_marks(text in "\\PC*") {
            for word in words(&text) {
                prop_assert!(!word.is_empty());
                prop_assert!(word.chars().count() <= WORD_CHARS_MAX);
                prop_assert!(word.chars().all(|c| c.is_alphanumeric() || is_combining_mark(c)));
            }
        }

        #[test]
        fn words_are_their_own_words(text in any::<String>()) {
            let once = words(&text);
            prop_assert_eq!(words(&once.join(" ")), once);
        }

        #[test]
        fn case_does_not_matter(text in "[\u{20}-\u{24f}\u{370}-\u{3ff}\u{400}-\u{52f}]{0,20}") {
            prop_assert_eq!(words(&text.to_uppercase()), words(&text.to_lowercase()));
        }

        #[test]
        fn an_ascii_text_is_split_like_any_other(text in "[ -~]{0,40}") {
            let mut with_more = words(&format!("{text} é"));
            prop_assert_eq!(with_more.pop(), Some("e".to_owned()));
            prop_assert_eq!(words(&text), with_more);
        }
    }
}
