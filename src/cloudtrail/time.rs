//! `eventTime` as a moment in UTC.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The earliest day that an event can be of: CloudTrail began in 2013.
pub const EARLIEST: Date = jiff::civil::date(2013, 1, 1);

const DAY_MILLIS: i64 = 86_400_000;

/// When an event took place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventTime {
    /// Milliseconds since 1970-01-01T00:00:00Z; finer digits are cut.
    pub millis: i64,
    /// The day in UTC.
    pub date: Date,
}

/// Reads an `eventTime` as the `date-time` of RFC 3339 section 5.6, and nothing else: any
/// fraction, any offset, `t` and `z` in either case, no space for the `T`.
///
/// A leap second, `:60`, is read as `:59` of the same minute, so that it stays on its day.
pub fn parse_event_time(text: &str) -> Option<EventTime> {
    let (head, rest) = text.as_bytes().split_first_chunk::<19>()?;
    let [
        y1,
        y2,
        y3,
        y4,
        b'-',
        o1,
        o2,
        b'-',
        d1,
        d2,
        b'T' | b't',
        h1,
        h2,
        b':',
        m1,
        m2,
        b':',
        s1,
        s2,
    ] = *head
    else {
        return None;
    };
    let year = two_digits(y1, y2)? * 100 + two_digits(y3, y4)?;
    let (month, day) = (two_digits(o1, o2)?, two_digits(d1, d2)?);
    let (hour, minute) = (two_digits(h1, h2)?, two_digits(m1, m2)?);
    let second = two_digits(s1, s2)?;
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let (fraction, rest) = fraction_millis(rest)?;
    let offset_minutes = offset_minutes(rest)?;

    let seconds = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second.min(59));
    let local = days_since_1970(date) * DAY_MILLIS + seconds * 1000 + fraction;
    if offset_minutes == 0 {
        return Some(EventTime {
            millis: local,
            date,
        });
    }
    let millis = local - offset_minutes * 60_000;
    let utc = Timestamp::from_millisecond(millis).ok()?;
    let date = TimeZone::UTC.to_datetime(utc).date();
    Some(EventTime { millis, date })
}

#[inline]
fn two_digits(tens: u8, ones: u8) -> Option<i16> {
    (tens.is_ascii_digit() && ones.is_ascii_digit())
        .then(|| i16::from(tens - b'0') * 10 + i16::from(ones - b'0'))
}

/// Milliseconds of a fraction such as `.5`, if there is one, and what follows it.
fn fraction_millis(rest: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.', after)) = rest.split_first() else {
        return Some((0, rest));
    };
    let length = after
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if length == 0 {
        return None;
    }
    let (digits, rest) = after.split_at(length);
    let digit = |at: usize| digits.get(at).map_or(0, |byte| i64::from(byte - b'0'));
    Some((digit(0) * 100 + digit(1) * 10 + digit(2), rest))
}

/// Minutes east of UTC.
fn offset_minutes(rest: &[u8]) -> Option<i64> {
    match *rest {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (two_digits(h1, h2)?, two_digits(m1, m2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let minutes = i64::from(hours) * 60 + i64::from(minutes);
            Some(if sign == b'-' { -minutes } else { minutes })
        }
        _ => None,
    }
}

/// Days since 1970-01-01 in the Gregorian calendar, counting years from March so that the
/// leap day comes last.
fn days_since_1970(date: Date) -> i64 {
    let (month, day) = (i64::from(date.month()), i64::from(date.day()));
    let year = i64::from(date.year()) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn millis(text: &str) -> Option<i64> {
        parse_event_time(text).map(|time| time.millis)
    }

    fn by_jiff(text: &str) -> EventTime {
        let timestamp: Timestamp = text.parse().unwrap();
        EventTime {
            millis: timestamp.as_millisecond(),
            date: TimeZone::UTC.to_datetime(timestamp).date(),
        }
    }

    #[test]
    fn the_usual_form_is_read() {
        let time = parse_event_time("2023-07-10T12:41:59Z").unwrap();
        assert_eq!(time, by_jiff("2023-07-10T12:41:59Z"));
        assert_eq!(time.date, jiff::civil::date(2023, 7, 10));
        assert_eq!(time.millis, 1_688_992_919_000);
    }

    #[test]
    fn a_fraction_is_cut_to_milliseconds() {
        assert_eq!(millis("1970-01-01T00:00:00.5Z"), Some(500));
        assert_eq!(millis("1970-01-01T00:00:00.0009Z"), Some(0));
        assert_eq!(
            millis("1970-01-01T00:00:00.123999999999999999999Z"),
            Some(123)
        );
    }

    #[test]
    fn an_offset_moves_the_event_to_its_day_in_utc() {
        let time = parse_event_time("2024-03-01T00:30:00+01:00").unwrap();
        assert_eq!(time, by_jiff("2024-02-29T23:30:00Z"));
        let time = parse_event_time("2023-12-31T23:30:00.25-00:45").unwrap();
        assert_eq!(time, by_jiff("2024-01-01T00:15:00.25Z"));
        assert_eq!(millis("1970-01-01T00:00:00-00:00"), Some(0));
    }

    #[test]
    fn lower_case_letters_are_read_as_rfc_3339_says() {
        assert_eq!(millis("1970-01-01t00:00:01z"), Some(1000));
    }

    #[test]
    fn a_leap_second_is_the_second_before_it() {
        let time = parse_event_time("2016-12-31T23:59:60.5Z").unwrap();
        assert_eq!(time, by_jiff("2016-12-31T23:59:59.5Z"));
    }

    #[test]
    fn anything_else_is_no_time() {
        let texts = [
            "",
            "2023-07-10",
            "2023-07-10T12:41Z",
            "2023-07-10T12:41:59",
            "2023-07-10 12:41:59Z",
            " 2023-07-10T12:41:59Z",
            "2023-07-10T12:41:59Z ",
            "2023-07-10T12:41:59.Z",
            "2023-07-10T12:41:59,5Z",
            "2023-07-10T12:41:59+0100",
            "2023-07-10T12:41:59+01",
            "2023-07-10T12:41:59+24:00",
            "2023-07-10T12:41:59+01:60",
            "2023-07-10T12:41:59\u{2212}01:00",
            "2023-07-10T12:41:59+01:00[Europe/Paris]",
            "20230710T124159Z",
            "2023-7-10T12:41:59Z",
            "2023-02-29T00:00:00Z",
            "2023-13-01T00:00:00Z",
            "2023-00-01T00:00:00Z",
            "2023-01-00T00:00:00Z",
            "2023-01-01T24:00:00Z",
            "2023-01-01T00:60:00Z",
            "2023-01-01T00:00:61Z",
            "+2023-01-01T00:00:00Z",
            "12023-01-01T00:00:00Z",
            "2023-01-0１T00:00:00Z",
            "1688992919",
            "Mon Jul 10 12:41:59 2023",
            "9999-12-31T23:59:59-23:59",
        ];
        for text in texts {
            assert_eq!(parse_event_time(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_moment_reads_as_jiff_reads_it(
            second in -62_000_000_000i64..250_000_000_000,
            nanosecond in 0..1_000_000_000i32,
            digits in 0..10usize,
        ) {
            let timestamp = Timestamp::new(second.max(0), nanosecond).unwrap();
            let text = format!("{timestamp:.digits$}");
            prop_assert_eq!(parse_event_time(&text), Some(by_jiff(&text)));
            let text = Timestamp::new(second, 0).unwrap().to_string();
            prop_assert_eq!(parse_event_time(&text), Some(by_jiff(&text)));
        }

        #[test]
        fn every_offset_reads_as_jiff_reads_it(
            second in 0..250_000_000_000i64,
            hours in 0..24u8,
            minutes in 0..60u8,
            west in any::<bool>(),
        ) {
            let local = Timestamp::new(second, 0).unwrap().to_string();
            let sign = if west { '-' } else { '+' };
            let text = format!("{}{sign}{hours:02}:{minutes:02}", local.trim_end_matches('Z'));
            prop_assert_eq!(parse_event_time(&text), Some(by_jiff(&text)));
        }

        #[test]
        fn any_text_is_a_time_or_not(text in "[0-9TZtz:.+-]{0,30}") {
            parse_event_time(&text);
        }
    }
}
