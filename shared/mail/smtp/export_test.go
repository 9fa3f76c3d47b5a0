package smtp

import (
	"time"

	"roster/shared/mail"
)

// Compose is compose.
func Compose(from mail.From, m mail.Message, now time.Time) ([]byte, error) {
	return compose(from, m, now)
}
