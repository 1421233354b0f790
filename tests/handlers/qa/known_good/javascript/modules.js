#!/usr/bin/env node
'use strict'
import a, { b as c, default as d } from './x.js'
import * as ns from 'y'
import data from './d.json' with { type: 'json' }
export * as all from 'z'
export default class extends a {}
