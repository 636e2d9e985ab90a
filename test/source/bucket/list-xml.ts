export type XmlObject = {
  readonly key: string
  readonly etag?: string
  readonly sizeBytes?: number
}

/** A page of ListObjectsV2 as an S3 endpoint answers it, keys encoded. */
export function listXml(
  objects: readonly XmlObject[],
  more = '<IsTruncated>false</IsTruncated>',
): string {
  const contents = objects.map(
    ({ key, etag = '', sizeBytes = 1 }) =>
      `<Contents><Key>${encodeURIComponent(key)}</Key><ETag>&quot;${etag}&quot;</ETag><Size>${sizeBytes}</Size></Contents>`,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType>${more}${contents.join('')}</ListBucketResult>`
}
