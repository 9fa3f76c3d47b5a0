package mail

import "time"

// InvitationInput is the input of Invitation.
type InvitationInput struct {
	App      string // the name of the product; if it is empty, the host says it
	To       string // the stored address
	Username string
	Link     string // absolute, from PUBLIC_URL
	ValidFor time.Duration
}

// Invitation returns the mail to somebody whose account an ADMIN has made. It has
// the one-time link that sets the first password.
func Invitation(in InvitationInput) Message {
	name := oneLine(in.Username)
	return content{
		subject: "Set the password of your account" + atService(in.App, in.Link),
		name:    name,
		beforeLink: []string{
			"Your username is " + name + ".",
			`The account "` + name + `"` + atService(in.App, in.Link) + ` was made for you. It has no password yet.`,
			"Open this link and choose one:",
		},
		action: "Choose a password",
		link:   in.Link,
		afterLink: []string{
			validityNote(in.ValidFor, "After that, ask for a password reset for this account."),
			doesNotOpen,
			"If you do not know this service, this mail was sent to the wrong address. Please ignore it.",
			keepToYourself,
		},
	}.message(in.To)
}
