package convert

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// layouts are how the systems write times. One without a zone is UTC.
var layouts = []string{
	time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999Z07", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", time.DateOnly,
}

// parsedTime returns a time, or nil for a text that is none.
func parsedTime(text string) *time.Time {
	text = strings.TrimSpace(text)
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			t = t.UTC()
			return &t
		}
	}
	return nil
}

// anyTime is a time in JSON: a text, a number of seconds, or null.
type anyTime struct{ at *time.Time }

func (a *anyTime) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		a.at = parsedTime(text)
		return nil
	}
	if seconds, err := strconv.ParseFloat(string(b), 64); err == nil {
		t := time.UnixMicro(int64(seconds * 1e6)).UTC()
		a.at = &t
	}
	return nil
}

// fromMilliseconds returns a time of Java, nil for 0.
func fromMilliseconds(n int64) *time.Time {
	if n == 0 {
		return nil
	}
	t := time.UnixMilli(n).UTC()
	return &t
}
