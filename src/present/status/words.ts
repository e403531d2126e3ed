import type { ComponentStatus } from '../../core/status/component.ts';
import type { UpdateStatus } from '../../core/status/incidents.ts';

/** How a status is said and drawn: a word and a shape, never a colour alone. */
export interface StatusLook {
  readonly word: string;
  /** Distinct by shape, for those who see no colours. */
  readonly shape: string;
  readonly className: string;
}

export const COMPONENT_LOOKS: Readonly<Record<ComponentStatus, StatusLook>> = {
  operational: { word: 'Works', shape: '●', className: 'good' },
  under_maintenance: { word: 'Planned work', shape: '◆', className: 'plan' },
  degraded_performance: { word: 'Slower or failing now and then', shape: '◐', className: 'minor' },
  partial_outage: { word: 'Partly not available', shape: '▲', className: 'major' },
  major_outage: { word: 'Not available', shape: '✖', className: 'critical' },
};

export const STATUS_WORDS: Readonly<Record<UpdateStatus, string>> = {
  investigating: 'We are looking into it',
  identified: 'We know what it is',
  monitoring: 'It has stopped, and we are watching',
  resolved: 'Resolved',
  postmortem: 'What we learnt',
};
