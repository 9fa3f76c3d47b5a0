import createClient from 'openapi-fetch'
import type { paths } from './api.js'

// What an application does with the types that were generated.
export async function use(server: string): Promise<string> {
  const client = createClient<paths>({ baseUrl: server })
  const registered = await client.POST('/api/user/register', {
    body: { username: 'ann', first_name: 'Ann', last_name: 'One', email: 'ann@example.com', password: 'zebra kite moon' },
  })
  if (registered.error) throw new Error(registered.error.msg)
  const login = await client.POST('/api/user/login', { body: { username: 'ann', password: 'zebra kite moon' } })
  if (login.error) throw new Error(login.error.msg)
  const headers = { Authorization: `Bearer ${login.data.access_token}` }
  const me = await client.GET('/api/user/me', { headers })
  if (me.error) throw new Error(me.error.code)
  const changed = await client.PUT('/api/user/{username}', { headers, params: { path: { username: 'me' } }, body: { last_name: 'Two' } })
  if (changed.error) throw new Error(changed.error.msg)
  // @ts-expect-error: the description has no such member
  await client.POST('/api/user/login', { body: { username: 'ann' } })
  return me.data.username
}
