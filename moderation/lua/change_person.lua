-- change_person: a person has another password, role or places from now on, or, without `after`, is removed; somebody can
-- always sign in as owner.
-- KEYS: people.
-- Answer: OK, also to the same call again; or MISSING, AGAIN (they are no longer as the caller read them), LAST.
local stands = standing(KEYS[1], a.name)
if stands then
  return {stands}
end

local function owns(person)
  return person.role == 'owner' and person.password ~= cjson.null
end

local before = cjson.decode(a.before)
if owns(before) and not (a.after and owns(cjson.decode(a.after))) then
  local others = 0
  for _, raw in ipairs(redis.call('HVALS', KEYS[1])) do
    local person = cjson.decode(raw)
    if person.id ~= before.id and owns(person) then
      others = others + 1
    end
  end
  if others == 0 then
    return {'LAST'}
  end
end
if a.after then
  redis.call('HSET', KEYS[1], a.name, a.after)
else
  redis.call('HDEL', KEYS[1], a.name)
end
return {'OK'}
