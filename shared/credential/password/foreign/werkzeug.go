package foreign

import "strings"

// werkzeugRounds are the rounds of PBKDF2 that versions of Werkzeug made where none
// were named: 0.9, 0.12, 0.15, 2.0, 2.3 and 3.1.
var werkzeugRounds = []int{1_000, 50_000, 150_000, 260_000, 600_000, 1_000_000}

// parseWerkzeugPBKDF2 reads sha256:260000$salt$tag and sha256$salt$tag. The latter
// does not say the rounds, so each version's number is tried.
func parseWerkzeugPBKDF2(_ digest, rest string) (check, error) {
	method, rest, _ := strings.Cut(rest, "$")
	name, count, counted := strings.Cut(method, ":")
	d, err := digestNamed(name)
	if err != nil {
		return nil, err
	}
	if !counted {
		return parseWerkzeugBarePBKDF2(d, rest)
	}
	rounds, err := number(count, maxRounds)
	if err != nil {
		return nil, err
	}
	salt, tag, err := saltAndHex(rest, d.size())
	if err != nil {
		return nil, err
	}
	return pbkdf2Of(d, rounds, salt, tag)
}

func parseWerkzeugBarePBKDF2(d digest, rest string) (check, error) {
	salt, tag, err := saltAndHex(rest, d.size())
	if err != nil {
		return nil, err
	}
	return func(password string) bool { return oneOfRounds(d, password, salt, tag, werkzeugRounds) }, nil
}

// parseWerkzeugSalted reads salt$tag. Werkzeug before 3.0 computed an HMAC under the
// salt. Django before 5.1 wrote the same text for SHA-1 of salt and password in a
// row, so a password may have either.
func parseWerkzeugSalted(d digest, rest string) (check, error) {
	salt, tag, err := saltAndHex(rest, d.size())
	if err != nil {
		return nil, err
	}
	return func(password string) bool {
		werkzeug := equal(d.hmac(salt, []byte(password)), tag)
		django := d == sha1Digest && equal(d.sum(salt, []byte(password)), tag)
		return werkzeug || django
	}, nil
}

func saltAndHex(s string, tagLen int) (salt, tag []byte, err error) {
	parts, err := fields(s, 2)
	if err != nil {
		return nil, nil, err
	}
	if salt, err = textSalt(parts[0]); err != nil {
		return nil, nil, err
	}
	tag, err = hexBytes(parts[1], tagLen)
	return salt, tag, err
}
