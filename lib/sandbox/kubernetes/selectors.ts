import type { KubeObject } from '../../manifest/object.ts'
import { labelsOf } from '../../manifest/object.ts'
import { textIn } from './json.ts'
import { StatusError } from './status-error.ts'

export type Matcher = (object: KubeObject) => boolean

/** A label selector as `-l` takes it. Throws BadRequest for what is none. */
export function parseLabelSelector(text: string): Matcher {
  const tests = splitTerms(text).map((term) => parseTerm(term, text))
  return (object) => tests.every((test) => test(labelsOf(object)))
}

/** `metadata.name=x,status.phase!=y`: any field of the object that is a text. */
export function parseFieldSelector(text: string): Matcher {
  const tests = splitTerms(text).map((term) => {
    const [, path = '', operator = '', value = ''] = /^([\w.]+)(==|=|!=)(.*)$/.exec(term) ?? []
    if (path === '') {
      const why = `invalid selector: '${term}'; can't understand '${term}'`
      throw new StatusError('BadRequest', `unable to parse requirement: ${why}`)
    }
    return (object: KubeObject): boolean =>
      (textIn(object, ...path.split('.')) === value) === (operator !== '!=')
  })
  return (object) => tests.every((test) => test(object))
}

type LabelTest = (labels: Readonly<Record<string, string>>) => boolean

/** At commas outside parentheses. */
function splitTerms(text: string): readonly string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '')
}

function parseTerm(term: string, whole: string): LabelTest {
  const [, key = '', operator = '', rest = ''] =
    /^([^\s=!()]+)\s*(==|=|!=|\s(?:in|notin)\s*)\s*(.*)$/.exec(term) ?? []
  const has = (labels: Readonly<Record<string, string>>, name: string): boolean =>
    Object.hasOwn(labels, name)
  if (key !== '') {
    const isSet = /in/.test(operator)
    const values = isSet ? setOf(rest, whole) : [rest.trim()]
    const isNegated = operator.trim() === '!=' || operator.trim() === 'notin'
    return (labels) =>
      isNegated
        ? !has(labels, key) || !values.includes(labels[key] ?? '')
        : has(labels, key) && values.includes(labels[key] ?? '')
  }
  const [, negation = '', name = ''] = /^(!?)\s*([^\s=!(),]+)$/.exec(term) ?? []
  if (name === '') throw unparsable(whole)
  return (labels) => has(labels, name) !== (negation === '!')
}

function setOf(text: string, whole: string): readonly string[] {
  const [, inner] = /^\(([^()]*)\)$/.exec(text.trim()) ?? []
  if (inner === undefined) throw unparsable(whole)
  return inner.split(',').map((value) => value.trim())
}

function unparsable(text: string): StatusError {
  return new StatusError('BadRequest', `unable to parse requirement: found '${text}'`)
}
