package foreign

// parseSSHA reads the base64 of a digest of password and salt in a row, followed by
// the salt, as LDAP servers store it.
func parseSSHA(d digest, rest string) (check, error) {
	b, err := padded(rest, d.size(), d.size()+maxSalt)
	if err != nil {
		return nil, err
	}
	tag, salt := b[:d.size()], b[d.size():]
	if len(salt) == 0 {
		return nil, Refused("is a hash" + unsaltedReason)
	}
	return func(password string) bool { return equal(d.sum([]byte(password), salt), tag) }, nil
}
