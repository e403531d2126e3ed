import type { Audience } from '../../core/comms/audiences.ts';

/**
 * The usual texts as Liquid templates: what a team starts from that wants its own words. They say the same as the built-in
 * texts, which a test holds them to.
 */
export const TEMPLATES: Readonly<Record<Audience, string>> = {
  responders: `{{ severity | default: 'Severity not set' }} {{ id }}: {{ title }}
{{ stageWords | capitalize }}. Phase: {{ phase }}.
{%- if versions %}
{{ versions }}
{%- endif %}
{%- if breach %}
Breached: {{ breach }}
{%- endif %}
{%- if share %}
{{ share }}
{%- endif %}
{%- if containment.size > 0 %}
Containment: {{ containment | join: '; ' }}
{%- else %}
Nothing has been contained yet.
{%- endif %}
Commander: {{ commander | default: 'nobody yet' }}
{%- for time in times %}
{{ time }}
{%- endfor %}
{%- for link in links %}
{{ link }}
{%- endfor %}
`,
  employees: `{{ service }} {% if stage == 'resolved' %}was{% else %}is{% endif %} affected{{ parts }}.
{%- if stage == 'resolved' %}
{{ effectWords.over }}
{%- else %}
{{ effectWords.says }}
{%- endif %}
{%- if began %}
Since {{ began }}.
{%- endif %}
{{ commander | default: 'Nobody yet' }} leads. Follow {{ id }}; please do not contact the responders.
{%- if nextUpdate %}
{{ nextUpdate }}
{%- endif %}
`,
  executives: `{{ severity | default: 'Severity not set' }}: {{ service }}. {% if stage == 'resolved' %}{{ effectWords.over }}{% else %}{{ effectWords.says }}{% endif %}
{{ share | default: 'How many customers are affected is not known yet.' }}
{%- if stopped %}
It stopped at {{ stopped }}.
{%- else %}
Risk: it goes on.
{%- endif %}
{%- if summary %}
{{ summary }}
{%- endif %}
{%- if nextUpdate %}
{{ nextUpdate }}
{%- endif %}
`,
  customers: `{%- case stage %}
{%- when 'mitigated' %}
{{ effectWords.over }}
We are watching closely that it stays so.
{%- if nextUpdate %}
{{ nextUpdate }}
{%- endif %}
{%- when 'resolved' %}
This is resolved. {{ effectWords.over }}
{%- if lasted %}
{{ lasted }}
{%- endif %}
We are sorry for the trouble, and we are finding out how to keep it from happening again.
{%- when 'retracted' %}
We reported a problem earlier. We have checked, and the service was not affected.
{%- when 'postmortem' %}
{{ summary | default: 'We have finished our review of this incident.' }}
{%- if lasted %}
{{ lasted }}
{%- endif %}
{%- else %}
{{ effectWords.says }}
{{ workaround | default: effectWords.workaround }}
{{ service }} has been affected{% if began %} since {{ began }}{% endif %}. We are working on it.
{%- if nextUpdate %}
{{ nextUpdate }}
{%- endif %}
{%- endcase %}
`,
  x: `{%- case stage %}
{%- when 'mitigated' %}{{ effectWords.over }} We are watching closely that it stays so.{% if nextUpdate %} {{ nextUpdate }}{% endif %}
{%- when 'resolved' %}This is resolved. {{ effectWords.over }}{% if lasted %} {{ lasted }}{% endif %} We are sorry for the trouble, and we are finding out how to keep it from happening again.
{%- when 'retracted' %}We reported a problem earlier. We have checked, and the service was not affected.
{%- when 'postmortem' %}{{ summary | default: 'We have finished our review of this incident.' }}{% if lasted %} {{ lasted }}{% endif %}
{%- else %}{{ effectWords.says }} {{ workaround | default: effectWords.workaround }} {{ service }} has been affected{% if began %} since {{ began }}{% endif %}. We are working on it.
{%- endcase %}
`,
  ticket: `{{ id }}, {{ severity | default: 'severity not set' }}, phase {{ phase }}: {{ title }}
{%- if stage == 'resolved' and summary %}
{{ summary }}
{%- endif %}
{%- if versions %}
{{ versions }}
{%- endif %}
{%- if releaseId %}
Release {{ releaseId }}.
{%- endif %}
{%- if breach %}
Breached: {{ breach }}
{%- endif %}
{%- if share %}
{{ share }}
{%- endif %}
{%- for each in containment %}
Containment: {{ each }}
{%- endfor %}
{%- for time in times %}
{{ time }}
{%- endfor %}
{%- for link in links %}
{{ link }}
{%- endfor %}
`,
  change: `{{ changeWords }}, for incident {{ id }}: {{ title }}
{%- if switchedBack %}
{{ switchedBack }}
{%- endif %}
{%- if releaseId %}
Release {{ releaseId }}.
{%- endif %}
{%- if breach %}
Reason: {{ breach }}
{%- endif %}
{%- for each in containment %}
Done: {{ each }}
{%- endfor %}
A rollback is authorised in advance; it undoes no change of data.
{%- if stage == 'resolved' and summary %}
{{ summary }}
{%- endif %}
{%- for time in times %}
{{ time }}
{%- endfor %}
{%- for link in links %}
{{ link }}
{%- endfor %}
`,
};
