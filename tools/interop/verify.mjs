// Verifies access tokens with jose, as a service in JavaScript would:
//
//	node verify.mjs <issuer> <audience> <token>...
//
// It prints a JSON list with one result for each token: its subject, session and
// role, or why it is refused.
import { createRemoteJWKSet, jwtVerify } from 'jose'

const [issuer, audience, ...tokens] = process.argv.slice(2)
const metadata = await (await fetch(issuer + '/.well-known/openid-configuration')).json()
const keys = createRemoteJWKSet(new URL(metadata.jwks_uri))
const options = {
  issuer,
  audience,
  typ: 'at+jwt',
  algorithms: metadata.id_token_signing_alg_values_supported,
  requiredClaims: ['sub', 'sid', 'role', 'jti', 'exp', 'iat', 'nbf'],
}

const results = []
for (const token of tokens) {
  try {
    const { payload } = await jwtVerify(token, keys, options)
    results.push(`${payload.sub} ${payload.sid} ${payload.role}`)
  } catch (error) {
    results.push(`refused ${error.code ?? error}`)
  }
}
console.log(JSON.stringify(results))
