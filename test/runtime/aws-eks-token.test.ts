import { describe, expect, it } from 'vitest'
import { createEksToken } from '../../lib/runtime/aws-eks-token.ts'

/** The documentation's own example of credentials. */
const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}
const request = {
  cluster: 'staging-1',
  region: 'eu-west-1',
  credentials,
  at: new Date('2026-11-23T10:00:00.123Z'),
}

function urlIn(token: string): URL {
  expect(token).toMatch(/^k8s-aws-v1\.[\w-]+$/)
  return new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString())
}

describe('a token for an EKS cluster', () => {
  it('is signed as botocore signs it', async () => {
    // Signatures: botocore 1.44.5, SigV4QueryAuth over the same request.
    const plain = urlIn(await createEksToken(request))
    expect(plain.searchParams.get('X-Amz-Signature')).toBe(
      'c4926b1882d0a8b8c5c37c25e158bce60780e92ddf62facdce595814a1f8353b',
    )
    const session = { ...credentials, sessionToken: 'session/token+with=signs' }
    const withSession = urlIn(await createEksToken({ ...request, credentials: session }))
    expect(withSession.searchParams.get('X-Amz-Signature')).toBe(
      '6dfc141ffbc23eac51b9c9fbb2322a39f3b106229a77101f0e45b64e6a84b2fe',
    )
  })

  it('holds what aws-iam-authenticator lets pass, and nothing else', async () => {
    const session = { ...credentials, sessionToken: 'x'.repeat(1_400) }
    const token = await createEksToken({ ...request, credentials: session })
    expect(token.length).toBeLessThan(4_096)
    const url = urlIn(token)
    expect(url.origin + url.pathname).toBe('https://sts.eu-west-1.amazonaws.com/')
    // Source: pkg/token/token.go, parameterWhitelist.
    expect([...url.searchParams.keys()].map((key) => key.toLowerCase()).sort()).toEqual([
      'action',
      'version',
      'x-amz-algorithm',
      'x-amz-credential',
      'x-amz-date',
      'x-amz-expires',
      'x-amz-security-token',
      'x-amz-signature',
      'x-amz-signedheaders',
    ])
    expect(url.searchParams.get('Action')).toBe('GetCallerIdentity')
    expect(url.searchParams.get('X-Amz-Expires')).toBe('60')
    expect(url.searchParams.get('X-Amz-SignedHeaders')?.split(';')).toContain('x-k8s-aws-id')
    expect(url.searchParams.get('X-Amz-Date')).toBe('20261123T100000Z')
  })

  it('goes to the host of its region, and to no other', async () => {
    const beijing = urlIn(await createEksToken({ ...request, region: 'cn-north-1' }))
    expect(beijing.host).toBe('sts.cn-north-1.amazonaws.com.cn')
    for (const region of ['evil.example/', 'eu-west-1.evil.example', '', 'eu-west-1\n', '127.1']) {
      await expect(createEksToken({ ...request, region }), region).rejects.toThrow('no AWS region')
    }
  })
})
