package mail

// TokenRepeated returns the mail that tells the owner of an account that a second
// client has sent the refresh token of one of its devices, and was refused. Like
// SessionEnded it has no link.
func TokenRepeated(in Warning) Message {
	name := oneLine(in.Username)
	return content{
		subject: "Your login was used from a second place" + atService(in.App, in.Service),
		name:    name,
		beforeLink: []string{
			`The login that is saved on one of your devices, for your account "` + name + `"` + atService(in.App, in.Service) +
				", was sent from a second place at " + in.At.UTC().Format("15:04 on 2 January 2006") + " (UTC), seconds after it had been used. " +
				"The second one was refused.",
			"Perhaps your device changed its network at that moment, for example from Wi-Fi to mobile data. " +
				"If it has asked you to log in again, and you have noticed nothing else, log in. You need not do anything more.",
			"Otherwise somebody may have copied the saved login. Then log out of all devices and change your password.",
		},
	}.message(in.To)
}
