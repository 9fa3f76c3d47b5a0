package mail

import "time"

// SessionEndedInput is what the notice of a session is made of that was ended
// because its refresh token was used twice.
type SessionEndedInput struct {
	To       string
	Username string
	Service  string // PUBLIC_URL; its host is what people know the service by
	At       time.Time
}

// SessionEnded tells the owner of an account that one of its devices was logged
// out and why. It has no link: a mail that warns of an intruder must not look
// like one that an intruder would send.
func SessionEnded(in SessionEndedInput) Message {
	name := oneLine(in.Username)
	return content{
		subject: "One of your devices was logged out" + atHost(in.Service),
		name:    name,
		beforeLink: []string{
			`One of the devices that are logged in to your account "` + name + `"` + atHost(in.Service) + " was logged out at " + in.At.UTC().Format("15:04 on 2 January 2006") + " (UTC).",
			"What keeps that device logged in was used a second time after it had been replaced. Either the device missed an answer, for example because its connection broke, or somebody has copied what it keeps.",
			"If you were just asked to log in again on a device of yours and know of nothing else, do so: nothing more is needed.",
			"If not, change your password, and look through the list of your devices for one that you do not know.",
		},
	}.message(in.To)
}
