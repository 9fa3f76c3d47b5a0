// Verifies access tokens as a service in JavaScript would, by jose:
//
//	node verify.mjs <issuer> <audience> <token>...
//
// and writes what it makes of each, as a JSON list.
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

const said = []
for (const token of tokens) {
  try {
    const { payload } = await jwtVerify(token, keys, options)
    said.push(`${payload.sub} ${payload.sid} ${payload.role}`)
  } catch (error) {
    said.push(`refused ${error.code ?? error}`)
  }
}
console.log(JSON.stringify(said))
