export type S3Fault = keyof typeof faults

/** Status and message of each error that the endpoint answers. */
export const faults = {
  AccessDenied: [403, 'Access Denied'],
  BadDigest: [400, 'The Content-MD5 or checksum value that you specified did not match.'],
  EntityTooLarge: [400, 'Your proposed upload exceeds the maximum allowed size.'],
  IncompleteBody: [400, 'The body is not framed as its headers say.'],
  InvalidAccessKeyId: [403, 'The AWS access key ID that you provided does not exist here.'],
  InvalidBucketName: [400, 'The specified bucket is not valid.'],
  InvalidRange: [416, 'The requested range cannot be satisfied.'],
  KeyTooLongError: [400, 'Your key is too long.'],
  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.'],
  NoSuchBucket: [404, 'The specified bucket does not exist.'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NotImplemented: [501, 'A header or query you provided implies functionality that is not here.'],
  PreconditionFailed: [412, 'At least one of the preconditions you specified did not hold.'],
} as const
