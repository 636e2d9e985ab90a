import { request } from 'node:https'
import type { ControlPlaneAccess } from './control-plane-access.ts'

export type ApiAnswer = { readonly status: number; readonly body: string }

type Target = Pick<ControlPlaneAccess, 'server' | 'ca'> & { readonly token: string }

/** One request to an API server with a JSON body, if any; any status is an answer. */
export function apiRequest(
  target: Target,
  method: string,
  path: string,
  body?: unknown,
): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const call = request(
      new URL(path, target.server),
      {
        method,
        ca: target.ca,
        agent: false,
        timeout: 5000,
        headers: { authorization: `Bearer ${target.token}`, 'content-type': 'application/json' },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', reject)
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString(),
          }),
        )
      },
    )
    call.once('error', reject)
    call.once('timeout', () => call.destroy(new Error(`${method} ${path}: no answer`)))
    call.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
