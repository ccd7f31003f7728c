-- decide: a named person approves, refuses or withdraws exactly these revisions, in one step.
-- KEYS: answer, thread, the thread's first message, outbox, (message, decisions) of each move, the thread's replies,
-- places…
-- Answer: OK version (and the first move's message and its thread as they are now), or MISSING, STALE, CONFLICT, CONSENT, AGAIN.
local answer, t, root_key, outbox = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local R = 4 + 2 * #a.moves -- the replies come after this
local first = R + #a.replies + 1
local FROM = {
  approve = {pending = true, refused = true, withdrawn = true},
  refuse = {pending = true},
  withdraw = {approved = true},
}
local TO = {approve = 'approved', refuse = 'refused', withdraw = 'withdrawn'}
local to = TO[a.what]

local known = replay(answer)
if known then
  return known
end
if moved(t, 'root', 'replies') then
  return {'AGAIN'}
end

local function read(key)
  local names = {'state', 'revision', 'held', 'number', 'masks', 'mask_author', 'ruling', 'decided_at', 'approved_at',
    'consent'}
  local values = redis.call('HMGET', key, unpack(names))
  local fields = {}
  for i, name in ipairs(names) do
    fields[name] = values[i] or ''
  end
  return fields
end

local before = {}
for i, step in ipairs(a.moves) do
  before[i] = read(KEYS[3 + 2 * i])
  if before[i].state == '' then
    return {'MISSING'}
  end
end
if a.judged and a.judged ~= before[1].revision then -- positions were judged in another text
  return {'STALE'}
end
for i, step in ipairs(a.moves) do
  if tonumber(before[i].revision) ~= step.revision then
    return {'STALE'}
  end
end
for i in ipairs(a.moves) do
  if not FROM[a.what][before[i].state] then
    return {'CONFLICT'}
  end
  -- Not what it is held for: a refusal ends that, and must not be a way around the consent.
  if a.what == 'approve' and (before[i].consent == 'needed' or before[i].consent == 'withdrawn') then
    return {'CONSENT'}
  end
end

local version = redis.call('HINCRBY', t, 'version', 1)
local hang = nil
for i, step in ipairs(a.moves) do
  local m, was = KEYS[3 + 2 * i], before[i]
  redis.call('HSET', m, 'state', to, 'held', '', 'decided_at', a.now, 'undo', cjson.encode({
    by = a.actor, step = a.nonce, revision = was.revision, state = was.state, held = was.held, masks = was.masks,
    mask_author = was.mask_author, ruling = was.ruling, decided_at = was.decided_at, approved_at = was.approved_at,
  }))
  redis.call('HDEL', m, 'claim_by', 'claim_until')
  if a.what == 'approve' then
    redis.call('HSET', m, 'approved_at', a.now, 'masks', step.masks, 'mask_author', step.mask_author, 'ruling', '')
  else
    redis.call('HSET', m, 'ruling', a.ruling)
  end
  redis.call('RPUSH', KEYS[4 + 2 * i], cjson.encode({
    what = a.what, by = a.actor, via = a.via, at = a.now, revision = step.revision, ruling = a.ruling or '', step = a.nonce,
  }))
  move(first, step.id, was.number, was.state, was.held, to, '')
  if a.what == 'withdraw' then
    cancel_replies(step.id, outbox, R, a.replies)
  end
  if step.id == a.root and a.what == 'approve' then
    hang = a.now
  end
  for place, base in each_place(first) do
    enter(base, place, m, to, a.code, a.by, a.via)
    tell_desk(base, 'message.' .. to, step.id, version)
  end
end

settle(first, root_key, version, hang)
local done = remember(answer, version)
done[3], done[4] = redis.call('HGETALL', KEYS[5]), redis.call('HGETALL', t) -- what the caller would read next
return done
