//! What is chosen by chance: which parameters a call has and what they say.

use super::{Heard, KINDS};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// A source of choices, the same for the same seed.
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    pub(super) fn from(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end.max(1)
    }

    pub(super) fn in_ten(&mut self, times: u64) -> bool {
        self.below(10) < times
    }

    fn wild(&mut self, call: bool, times: u64) -> bool {
        call && self.in_ten(times)
    }

    pub(super) fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let place = usize::try_from(self.below(choices.len() as u64)).unwrap();
        &choices[place]
    }
}

/// Numbers that are hard to count with, and what is no number.
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "99999999",
    "100000000",
    "999999999999",
    "1000000000000000000",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "2147483648",
    "-2147483649",
    "4294967296",
    "",
    "x",
    "1.5",
    "1e9",
    "0x10",
    "+5",
    " 7",
    "٣",
    "NaN",
    "0.000000000001",
    "9223372036854775807.999999999999",
    "-0",
    "00000000000000000000001",
];
/// Times from before the years to after them.
const TIMES: &[&str] = &[
    "0",
    "-1",
    "1",
    "-62167219200",
    "-62135596801",
    "253402300799",
    "253402300800",
    "1000000000000000",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775",
    "now",
    "",
    "2026-01-10",
    "1e12",
    "32503680000",
];
const TEXTS: &[&str] = &[
    "",
    "a",
    "none",
    "%00",
    "\u{0}",
    "%",
    "%zz",
    "%E2%28",
    "ü€😀",
    "\u{202e}x",
    "'; DROP",
    "<b>&\"",
    "..",
    "../../x",
    "a b+c",
    "[]",
    "[",
    "]]",
    "a[b]=c",
    "{}",
    "null",
    "\\",
    "\r\nx: y",
    "/",
    "?",
    "#",
];
const QUERIES: &[&str] = &[
    "status:'active'",
    "created>0",
    "created>9223372036854775807",
    "metadata['a']:'b'",
    "name~'a'",
    "email:'a@b.c'",
    "-status:'x'",
    "a:b AND c:d OR e:f",
    "'",
    "metadata[",
    "amount>=1e9",
    "created:null",
    "active:'true'",
    "(((((((",
    "name:'\\",
    "total>-99999999999999999999",
    "AND",
    "created<'x'",
];

/// A line of calls as method, path and form.
pub(super) fn filled(
    line: &str,
    chance: &mut Chance,
    heard: &Heard,
    now: i64,
    wild: u64,
) -> (String, String, String) {
    let mut words = line.split_whitespace();
    let method = words.next().unwrap().to_owned();
    let path = words.next().unwrap();
    let wild_call = chance.in_ten(wild);
    let path: Vec<String> = path
        .split('/')
        .map(|part| match part.strip_prefix('$') {
            Some(kind) => {
                let wild = chance.wild(wild_call, 3);
                encoded(&value(kind, chance, heard, now, wild))
            }
            None => part.to_owned(),
        })
        .collect();
    let share = chance.below(5);
    let mut form = Vec::new();
    for word in words.filter(|word| *word != "!") {
        let (name, what) = word.split_once('=').unwrap();
        let (name, needed) = match name.strip_suffix('!') {
            Some(name) => (name, true),
            None => (name, false),
        };
        let present = if needed { !(chance.wild(wild_call, 1)) } else { chance.in_ten(share) };
        if !present {
            continue;
        }
        let what = *chance.of(&what.split('|').collect::<Vec<_>>());
        let text = match what.strip_prefix('$') {
            Some(kind) => {
                let wild = chance.wild(wild_call, 4);
                value(kind, chance, heard, now, wild)
            }
            None if chance.wild(wild_call, 1) => (*chance.of(TEXTS)).to_owned(),
            None => what.to_owned(),
        };
        form.push(format!("{name}={}", encoded(&text)));
        if chance.wild(wild_call, 1) {
            form.push(match chance.below(8) {
                0 => format!("{name}={}", {
                    let text: &str = chance.of::<&str>(TEXTS);
                    encoded(text)
                }),
                1 => format!("{name}[{}]={}", "a][".repeat(200), "b"),
                2 => format!("{name}[]=1&{name}[18446744073709551616]=2&{name}[-1]=3"),
                3 => format!("%5B%5D{name}=%%%&&==&=x&{name}"),
                4 => (0..80)
                    .map(|key| format!("metadata[k{key}]={}", "v".repeat(700)))
                    .collect::<Vec<_>>()
                    .join("&"),
                5 => format!("{name}[0][0][0]=1&{name}[0]=2&{name}[x]=3"),
                6 => format!("expand[]={}", "a.".repeat(300)),
                _ => "metadata=&expand=&expand[]=data.customer.subscriptions.data".to_owned(),
            });
        }
    }
    (method, path.join("/"), form.join("&"))
}

fn encoded(text: &str) -> String {
    if text.starts_with('%') {
        return text.to_owned();
    }
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte);
    text.bytes()
        .map(|byte| if safe(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn value(kind: &str, chance: &mut Chance, heard: &Heard, now: i64, wild: bool) -> String {
    let small = |chance: &mut Chance, end: u64| chance.below(end).to_string();
    match kind {
        "text" | "email" if wild && chance.in_ten(1) => "x".repeat(60_000),
        "text" | "email" | "query" | "card" | "eventname" if wild => (*chance.of(TEXTS)).to_owned(),
        "amount" | "signed" | "quantity" | "count" | "days" | "day" | "year" | "limit"
        | "decimal" | "percent" | "bool"
            if wild =>
        {
            (*chance.of(NUMBERS)).to_owned()
        }
        "time" | "minute" if wild => (*chance.of(TIMES)).to_owned(),
        "text" => format!("t{}", chance.below(40)),
        "email" => format!("p{}@example.com", chance.below(40)),
        "card" => (*chance.of(&[
            "pm_card_visa",
            "pm_card_visa",
            "pm_card_visa",
            "pm_card_chargeCustomerFail",
            "pm_card_authenticationRequired",
            "pm_card_createDispute",
            "pm_usBankAccount_success",
            "pm_card_visa_debit",
        ]))
        .to_owned(),
        "query" => (*chance.of(QUERIES)).to_owned(),
        "eventname" if !heard.event_names.is_empty() => chance.of(&heard.event_names).clone(),
        "eventname" => "none".to_owned(),
        "amount" => small(chance, 5_000),
        "signed" => {
            if chance.in_ten(4) {
                format!("-{}", chance.below(3_000))
            } else {
                small(chance, 5_000)
            }
        }
        "quantity" => small(chance, 8),
        "count" => (1 + chance.below(6)).to_string(),
        "days" => small(chance, 40),
        "day" => (1 + chance.below(12)).to_string(),
        "year" => (2027 + chance.below(9)).to_string(),
        "limit" => (1 + chance.below(20)).to_string(),
        "decimal" => format!("{}.{}", chance.below(300), chance.below(1_000)),
        "percent" => (1 + chance.below(100)).to_string(),
        "bool" => (if chance.in_ten(5) { "true" } else { "false" }).to_owned(),
        "time" | "minute" => {
            let days = i64::try_from(chance.below(90)).unwrap() - 20;
            let second = now + days * 86_400 + i64::try_from(chance.below(86_400)).unwrap();
            (if kind == "minute" { second - second % 86_400 } else { second }).to_string()
        }
        kind => {
            let of_kind = KINDS.iter().find(|(name, _)| *name == kind).unwrap().1;
            if wild {
                match chance.below(4) {
                    0 => return (*chance.of(TEXTS)).to_owned(),
                    1 => return (*chance.of(NUMBERS)).to_owned(),
                    2 => return "sub_none".to_owned(),
                    _ => {}
                }
                let kinds: Vec<&String> = heard.ids.keys().collect();
                let other = (*chance.of(&kinds)).clone();
                return heard.one(chance, &other).unwrap_or_default();
            }
            heard.one(chance, of_kind).unwrap_or_else(|| "none".to_owned())
        }
    }
}
