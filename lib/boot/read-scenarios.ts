import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { faultText, readYaml } from '../config/read-yaml.ts'
import type { Scenario } from '../drills/port.ts'
import { ScenarioDocument, scenarioOf } from '../drills/schema.ts'

/** The scenarios beside the runbooks, by name; one that is written wrongly is told and left out. */
export function readScenarios(folders: readonly string[], log: Logger): ReadonlyMap<string, Scenario> {
  const found = new Map<string, Scenario>()
  for (const folder of folders.map((one) => join(one, 'scenarios'))) {
    if (!existsSync(folder)) continue
    for (const name of readdirSync(folder)
      .filter((one) => /\.ya?ml$/.test(one))
      .sort()) {
      const file = join(folder, name)
      const read = readYaml(readFileSync(file, 'utf8'), file, ScenarioDocument)
      if (read.ok) found.set(read.value.name, scenarioOf(read.value))
      else log.error({ file }, faultText(read.error))
    }
  }
  return found
}
