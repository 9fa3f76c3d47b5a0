package foreign

import "strings"

// What is refused for one of these reasons needs a reset of the password.
const (
	md5Reason      = ", which is made of MD5: one graphics card tries millions of passwords a second, so Roster does not verify it"
	unsaltedReason = " without a salt: one table of common passwords finds those of all users at once"
	plainReason    = "is not hashed: anybody who reads the row has the password"
	otherReason    = ", which Roster cannot verify"
	noHashReason   = "says that the account has no password: leave the hash out"
)

// refused are known formats that are not verified. The first prefix that fits
// says why.
var refused = [...]struct {
	prefix string
	reason Refused
}{
	{"$1$", "is MD5-crypt" + md5Reason},
	{"$apr1$", "is Apache's MD5-crypt" + md5Reason},
	{"$P$", "is phpass (WordPress)" + md5Reason},
	{"$H$", "is phpass (phpBB)" + md5Reason},
	{"md5$", "is salted MD5" + md5Reason},
	{"$md5", "is Sun's MD5-crypt" + md5Reason},
	{"{SMD5}", "is salted MD5" + md5Reason},
	{"{MD5}", "is MD5" + unsaltedReason},
	{"{SHA}", "is SHA-1" + unsaltedReason},
	{"{SHA256}", "is SHA-256" + unsaltedReason},
	{"{SHA512}", "is SHA-512" + unsaltedReason},
	{"unsalted_md5$", "is MD5" + unsaltedReason},

	{"plain$", plainReason},
	{"{PLAIN}", plainReason},
	{"{CLEARTEXT}", plainReason},
	{"{CLEAR}", plainReason},

	{"$argon2d$", "is argon2d" + otherReason},
	{"argon2$argon2d$", "is argon2d" + otherReason},
	{"argon2$", "is a form of argon2 from before argon2id" + otherReason},
	{"$2$", "is the first bcrypt, whose hashes are of unknown making" + otherReason},
	{"$2x$", "is bcrypt of crypt_blowfish before 1.1, which confuses passwords that are not ASCII" + otherReason},
	{"bcrypt", "is a form of bcrypt" + otherReason},
	{"$5$", "is SHA-256-crypt" + otherReason},
	{"$6$", "is SHA-512-crypt" + otherReason},
	{"$7$", "is scrypt of crypt(3)" + otherReason},
	{"$y$", "is yescrypt" + otherReason},
	{"$gy$", "is yescrypt with GOST" + otherReason},
	{"{CRYPT}", "is a hash of crypt(3)" + otherReason},
	{"crypt$", "is a hash of crypt(3)" + otherReason},
	{"$pbkdf2", "is PBKDF2 with an unusual hash function" + otherReason},

	{"!", noHashReason},
}

// refusal returns why a hash in none of the formats is refused, or otherwise if it
// is no known hash.
func refusal(stored string, otherwise Refused) Refused {
	for _, r := range refused {
		if strings.HasPrefix(stored, r.prefix) {
			return r.reason
		}
	}
	if isHex(strings.TrimPrefix(stored, "*")) {
		switch len(stored) {
		case 32:
			return "looks like MD5" + unsaltedReason
		case 41:
			return "looks like MySQL's hash of its own users" + unsaltedReason
		case 40:
			return "looks like SHA-1" + unsaltedReason
		case 64:
			return "looks like SHA-256" + unsaltedReason
		case 128:
			return "looks like SHA-512" + unsaltedReason
		}
	}
	if stored == "*" {
		return noHashReason
	}
	return otherwise
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdefABCDEF") == ""
}
