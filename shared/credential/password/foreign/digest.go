package foreign

import (
	"crypto/hmac"
	"crypto/sha1" // #nosec G505 -- hashes of other systems are made of it, until their owners' next login
	"crypto/sha256"
	"crypto/sha512"
	"hash"
)

// digest is a hash function that formats are made of. MD5 is none of them.
type digest uint8

const (
	sha1Digest digest = iota + 1
	sha224Digest
	sha256Digest
	sha384Digest
	sha512Digest
)

func (d digest) new() hash.Hash {
	switch d {
	case sha224Digest:
		return sha256.New224()
	case sha256Digest:
		return sha256.New()
	case sha384Digest:
		return sha512.New384()
	case sha512Digest:
		return sha512.New()
	default:
		return sha1.New() // #nosec G401 -- see the import
	}
}

// size is in bytes.
func (d digest) size() int {
	switch d {
	case sha224Digest:
		return sha256.Size224
	case sha256Digest:
		return sha256.Size
	case sha384Digest:
		return sha512.Size384
	case sha512Digest:
		return sha512.Size
	default:
		return sha1.Size
	}
}

func (d digest) sum(parts ...[]byte) []byte {
	h := d.new()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

func (d digest) hmac(key, message []byte) []byte {
	h := hmac.New(d.new, key)
	h.Write(message)
	return h.Sum(nil)
}

// digestNamed returns the digest that Python's hashlib calls so.
func digestNamed(name string) (digest, error) {
	switch name {
	case "sha1":
		return sha1Digest, nil
	case "sha224":
		return sha224Digest, nil
	case "sha256":
		return sha256Digest, nil
	case "sha384":
		return sha384Digest, nil
	case "sha512":
		return sha512Digest, nil
	case "md5":
		return 0, Refused("is PBKDF2 with MD5" + otherReason)
	}
	return 0, Refused("is PBKDF2 with an unusual hash function" + otherReason)
}
