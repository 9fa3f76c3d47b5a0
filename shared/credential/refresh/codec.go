package refresh

// Codec makes and parses refresh tokens in the form that clients store. It is
// for operations that do not need to know what a token contains.
type Codec struct{ Keys Keys }

// Begin returns the first token of a session and its hash.
func (c Codec) Begin(session string) (token string, hash []byte) {
	first := c.Keys.First(session)
	return c.Keys.Encode(first), first.Hash()
}

// Parse returns the session, the generation and the hash of a token that was
// made with these keys, and false for any other text.
func (c Codec) Parse(token string) (session string, generation int64, hash []byte, ok bool) {
	parsed, ok := c.Keys.Parse(token)
	if !ok {
		return "", 0, nil, false
	}
	return parsed.Session, parsed.Generation, parsed.Hash(), true
}

// Next returns the token that replaces this one, and its hash. Parse must have
// accepted the token.
func (c Codec) Next(token string) (next string, hash []byte) {
	parsed, _ := c.Keys.Parse(token)
	child := c.Keys.Child(parsed)
	return c.Keys.Encode(child), child.Hash()
}
