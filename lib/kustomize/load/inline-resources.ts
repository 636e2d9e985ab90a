import { ManifestError } from '../../manifest/error.ts'
import { BuildError } from '../build-error.ts'
import type { Resource } from '../resource/resource.ts'
import type { Session } from '../session.ts'
import { readResources } from './read-resources.ts'

/** The resources of a text that may be some, or the path of a file that holds them; undefined for a path. */
export function readInlineResources(session: Session, text: string): Resource[] | undefined {
  try {
    return readResources(text, 'inline', session)
  } catch (fault) {
    if (fault instanceof BuildError || fault instanceof ManifestError) return undefined
    throw fault
  }
}
