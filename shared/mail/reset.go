package mail

import "time"

// PasswordResetInput is the input of PasswordReset.
type PasswordResetInput struct {
	App      string        // the name of the product; if it is empty, the host says it
	To       string        // the stored address, never one from a request
	Username string        // is escaped here
	Link     string        // absolute, from PUBLIC_URL
	ValidFor time.Duration // is written in whole minutes
}

// PasswordReset returns the mail with a reset link. It also says what to do if the
// reader did not ask for it, because anyone who knows the username or the address
// can have it sent. It names the username, for readers who forgot that.
func PasswordReset(in PasswordResetInput) Message {
	name := oneLine(in.Username)
	return content{
		subject: "Reset your password" + atService(in.App, in.Link),
		name:    name,
		beforeLink: []string{
			"Your username is " + name + ".",
			`Somebody asked to reset the password of your account "` + name + `"` + atService(in.App, in.Link) + `.`,
			"If it was you, open this link and choose a new password:",
		},
		action: "Choose a new password",
		link:   in.Link,
		afterLink: []string{
			validityNote(in.ValidFor, "After that, ask for a new one."),
			doesNotOpen,
			"If it was not you, ignore this mail. It may have been somebody else, or a mistyped name. " +
				"Your password has not been changed, and without this link the request changes nothing.",
			keepToYourself,
		},
	}.message(in.To)
}
