package foreign

// formats are tried in this order, so a prefix stands before a shorter one that it
// begins with. A parse function gets what follows the prefix, and returns a Refused
// where it cannot be used. The table is data that the compiler lays out: it costs
// nothing at start.
var formats = [...]struct {
	prefix, name string
	digest       digest // for the formats that are the same for several
	parse        func(d digest, rest string) (check, error)
}{
	{"$argon2id$", "argon2id", 0, parseArgon2id},
	{"$argon2i$", "argon2i", 0, parseArgon2i},
	{"argon2$argon2id$", "argon2id (Django)", 0, parseArgon2id},
	{"argon2$argon2i$", "argon2i (Django)", 0, parseArgon2i},

	{"$2a$", "bcrypt", 0, parseBcrypt},
	{"$2b$", "bcrypt", 0, parseBcrypt},
	{"$2y$", "bcrypt", 0, parseBcrypt},
	{"bcrypt$$2a$", "bcrypt (Django)", 0, parseBcrypt},
	{"bcrypt$$2b$", "bcrypt (Django)", 0, parseBcrypt},
	{"bcrypt$$2y$", "bcrypt (Django)", 0, parseBcrypt},
	{"bcrypt_sha256$$2a$", "bcrypt of SHA-256 (Django)", 0, parseDjangoBcryptSHA256},
	{"bcrypt_sha256$$2b$", "bcrypt of SHA-256 (Django)", 0, parseDjangoBcryptSHA256},
	{"bcrypt_sha256$$2y$", "bcrypt of SHA-256 (Django)", 0, parseDjangoBcryptSHA256},
	{"$bcrypt-sha256$", "bcrypt of SHA-256 (passlib)", 0, parsePasslibBcryptSHA256},

	{"$scrypt$", "scrypt", 0, parseScrypt},
	{"scrypt:", "scrypt (Werkzeug)", 0, parseWerkzeugScrypt},
	{"scrypt$", "scrypt (Django)", 0, parseDjangoScrypt},
	{"$fbscrypt$", "scrypt (Firebase)", 0, parseFirebase},

	{"$pbkdf2$", "PBKDF2", sha1Digest, parsePBKDF2},
	{"$pbkdf2-sha1$", "PBKDF2", sha1Digest, parsePBKDF2},
	{"$pbkdf2-sha256$", "PBKDF2", sha256Digest, parsePBKDF2},
	{"$pbkdf2-sha512$", "PBKDF2", sha512Digest, parsePBKDF2},
	{"pbkdf2_sha1$", "PBKDF2 (Django)", sha1Digest, parseDjangoPBKDF2},
	{"pbkdf2_sha256$", "PBKDF2 (Django)", sha256Digest, parseDjangoPBKDF2},
	{"pbkdf2_sha512$", "PBKDF2 (Django)", sha512Digest, parseDjangoPBKDF2},
	{"pbkdf2:", "PBKDF2 (Werkzeug)", 0, parseWerkzeugPBKDF2},
	{"pbkdf2$", "PBKDF2 (Werkzeug)", sha256Digest, parseWerkzeugBarePBKDF2},

	{"sha1$", "salted SHA-1 (Werkzeug or Django)", sha1Digest, parseWerkzeugSalted},
	{"sha224$", "salted SHA-224 (Werkzeug)", sha224Digest, parseWerkzeugSalted},
	{"sha256$", "salted SHA-256 (Werkzeug)", sha256Digest, parseWerkzeugSalted},
	{"sha384$", "salted SHA-384 (Werkzeug)", sha384Digest, parseWerkzeugSalted},
	{"sha512$", "salted SHA-512 (Werkzeug)", sha512Digest, parseWerkzeugSalted},

	{"{SSHA}", "salted SHA-1 (LDAP)", sha1Digest, parseSSHA},
	{"{SSHA256}", "salted SHA-256 (LDAP)", sha256Digest, parseSSHA},
	{"{SSHA512}", "salted SHA-512 (LDAP)", sha512Digest, parseSSHA},
}
