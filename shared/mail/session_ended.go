package mail

import "time"

// Warning is the input of the mails that warn the owner of an account.
type Warning struct {
	App      string // the name of the product; if it is empty, the host says it
	To       string
	Username string
	Service  string // PUBLIC_URL; people know the service by its host
	At       time.Time
}

// SessionEnded returns the mail that tells the owner of an account that one of its
// devices was logged out because its refresh token was used twice. It has no link:
// a warning about an intruder must not look like a phishing mail.
func SessionEnded(in Warning) Message {
	name := oneLine(in.Username)
	return content{
		subject: "One of your devices was logged out" + atService(in.App, in.Service),
		name:    name,
		beforeLink: []string{
			`One of the devices that are logged in to your account "` + name + `"` + atService(in.App, in.Service) +
				" was logged out at " + in.At.UTC().Format("15:04 on 2 January 2006") + " (UTC).",
			"The login that is saved on that device was used again after it had been replaced by a new one. Either the device " +
				"missed an answer, for example because its connection broke, or somebody has copied the saved login.",
			"If one of your devices has just asked you to log in again, and you have noticed nothing else, log in. You need not do anything more.",
			"Otherwise change your password, and look through the list of your devices for one that you do not know.",
		},
	}.message(in.To)
}
