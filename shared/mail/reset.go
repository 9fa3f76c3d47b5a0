package mail

import (
	"strconv"
	"time"
)

// PasswordResetInput is what the reset mail is made of.
type PasswordResetInput struct {
	To       string        // the address stored with the account, never a submitted one
	Username string        // escaped here
	Link     string        // absolute, from PUBLIC_URL
	ValidFor time.Duration // told in whole minutes
}

// PasswordReset is the mail that carries a reset link. It says what to do
// whether the reader asked for it or not, because anybody who knows a username
// and an address can have it sent.
func PasswordReset(in PasswordResetInput) Message {
	name := oneLine(in.Username)
	return content{
		subject: "Reset your password" + atHost(in.Link),
		name:    name,
		beforeLink: []string{
			`Somebody asked to reset the password of your account "` + name + `"` + atHost(in.Link) + `.`,
			"If it was you, open this link and choose a new password:",
		},
		action: "Choose a new password",
		link:   in.Link,
		afterLink: []string{
			validityNote(in.ValidFor, "After that, ask for a new one."),
			doesNotOpen,
			"If it was not you, ignore this mail. It may have been somebody else, or a mistyped name. Your password has not been changed, and without this link the request changes nothing.",
			keepToYourself,
		},
	}.message(in.To)
}

const (
	doesNotOpen    = "If the link does not open, copy the whole address into the address line of your browser."
	keepToYourself = "Do not pass this mail on: whoever has the link can set your password. We never ask for it."
)

func validityNote(validFor time.Duration, after string) string {
	return "The link works once, and only within " + lifetimeText(validFor) + " of our sending it. " + after
}

func plural(n int64, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return strconv.FormatInt(n, 10) + " " + unit + "s"
}
