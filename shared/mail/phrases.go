package mail

import (
	"strconv"
	"time"
)

// Sentences that several mails have.
const (
	doesNotOpen    = "If the link does not open, copy the whole address into the address line of your browser."
	keepToYourself = "Do not pass this mail on: anyone who has the link can set your password. We never ask for it."
)

// validityNote says how long a link works. The text after it says what to do then.
func validityNote(validFor time.Duration, after string) string {
	return "The link works once, and only within " + lifetimeText(validFor) + " of our sending it. " + after
}

// plural returns "1 day" or "2 days".
func plural(n int64, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return strconv.FormatInt(n, 10) + " " + unit + "s"
}

// lifetimeText writes a duration in words: "30 minutes", "1 hour", "7 days". It
// rounds down to whole minutes, so that a mail never promises too much.
func lifetimeText(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day && d%day == 0:
		return plural(int64(d/day), "day")
	case d >= time.Hour && d%time.Hour == 0:
		return plural(int64(d/time.Hour), "hour")
	case d >= time.Minute:
		return plural(int64(d/time.Minute), "minute")
	default:
		return "less than a minute"
	}
}
