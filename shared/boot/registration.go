package boot

import "roster/shared/user"

// Registration returns when people may register, which REGISTRATION says. The
// template sets after_admin, so that nobody registers the administrator's name
// during a first deployment.
func (e *Environment) Registration() user.RegistrationMode {
	mode := user.RegistrationMode(e.Optional("REGISTRATION", string(user.RegistrationOpen)))
	switch mode {
	case user.RegistrationOpen, user.RegistrationAfterAdmin, user.RegistrationClosed:
	default:
		e.Reject("REGISTRATION", "must be open, after_admin or closed")
	}
	return mode
}
