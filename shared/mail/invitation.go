package mail

import "time"

// AdminInvitationInput is the input of AdminInvitation.
type AdminInvitationInput struct {
	App      string // the name of the product; if it is empty, the host says it
	To       string // ADMIN_EMAIL
	Username string // ADMIN_USERNAME
	Link     string // absolute, from PUBLIC_URL
	ValidFor time.Duration
}

// AdminInvitation returns the mail to the administrator whose account the
// deployment has created. It has the one-time link that sets the first password.
func AdminInvitation(in AdminInvitationInput) Message {
	name := oneLine(in.Username)
	return content{
		subject: "Set the password of your administrator account" + atService(in.App, in.Link),
		name:    name,
		beforeLink: []string{
			`The administrator account "` + name + `"` + atService(in.App, in.Link) +
				` was made for this address. It has no password yet, so nobody can log in to it.`,
			"Open this link and choose its password:",
		},
		action: "Choose a password",
		link:   in.Link,
		afterLink: []string{
			validityNote(in.ValidFor, "After that, ask for a password reset for this account."),
			doesNotOpen,
			"If you do not run that service, this mail was sent to the wrong address. Please ignore it, and tell the people who run the service.",
			keepToYourself,
		},
	}.message(in.To)
}
